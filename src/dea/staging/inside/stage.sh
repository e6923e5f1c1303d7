#!/bin/bash
# Runs inside the staging container, as vcap: the whole build in one process tree.
#
#   stage.sh detect|given NAME SOURCE BRANCH [NAME SOURCE BRANCH]...
#
# SOURCE is a folder or a git URL, BRANCH may be empty. `detect` asks one buildpack after the other and
# takes the first that fits; `given` takes all of them. What the host must know is left in ~/result.
# The exit codes are those of Cloud Foundry's builder (buildpackapplifecycle, exit codes).
set -uo pipefail

readonly DETECT_FAILED=222 COMPILE_FAILED=223 RELEASE_FAILED=224 FETCH_FAILED=227
readonly home=/home/vcap
readonly app=$home/app cache=$home/cache deps=$home/deps profile=$home/profile.d result=$home/result

names=() folders=()

main() {
  local mode=$1
  shift
  mkdir -p "$app" "$cache" "$deps" "$profile" "$result" "$TMPDIR"
  cd "$app" || exit 1
  while (($# > 0)); do
    names+=("$1")
    fetch "$1" "$2" "$3"
    shift 3
  done
  if [[ $mode == detect ]]; then detect; fi
  printf '%s\n' "${names[@]}" >"$result/buildpacks"
  build
  release
}

# A folder is used as it is; a repository is cloned. Sets the next entry of `folders`.
fetch() {
  local name=$1 source=$2 branch=$3 target=$home/buildpacks/${#folders[@]}
  if [[ $source == /* ]]; then
    folders+=("$source")
    return
  fi
  echo "-----> Fetching the buildpack $name"
  clone "$source" "$branch" "$target" --depth 1 || {
    rm -rf "$target" # a server without smart HTTP cannot serve a shallow clone
    clone "$source" "$branch" "$target"
  } || fail $FETCH_FAILED "git could not fetch $name"
  folders+=("$target")
}

clone() {
  local source=$1 branch=$2 target=$3
  shift 3
  GIT_TERMINAL_PROMPT=0 GIT_ALLOW_PROTOCOL=https:http:git git -c advice.detachedHead=false clone --quiet \
    --recurse-submodules "$@" ${branch:+--branch "$branch"} -- "$source" "$target"
}

# Leaves the one buildpack that fits in `names` and `folders`.
detect() {
  local i
  for i in "${!folders[@]}"; do
    [[ -x ${folders[i]}/bin/detect ]] || continue
    if "${folders[i]}/bin/detect" "$app" >"$result/detect-output"; then
      names=("${names[i]}")
      folders=("${folders[i]}")
      return
    fi
  done
  exit $DETECT_FAILED
}

# Every buildpack supplies, the last one finishes (or compiles, when it is of the older kind).
build() {
  local i folder last=$((${#folders[@]} - 1))
  for i in "${!folders[@]}"; do
    folder=${folders[i]}
    echo "-----> ${names[i]}"
    mkdir -p "$deps/$i"
    if [[ -x $folder/bin/supply ]]; then
      step supply "$folder" "$cache" "$deps" "$i"
      if [[ -d $deps/$i/bin ]]; then export PATH=$deps/$i/bin:$PATH; fi
    elif ((i < last)); then
      fail $COMPILE_FAILED "${names[i]} has no bin/supply, so it can only be the last buildpack"
    fi
  done
  if [[ -x $folder/bin/finalize ]]; then
    step finalize "$folder" "$cache" "$deps" "$last" "$profile"
  elif [[ -x $folder/bin/compile && ! -x $folder/bin/supply ]]; then
    step compile "$folder" "$cache"
  fi
  write_profile
}

step() {
  local name=$1 folder=$2
  shift 2
  "$folder/bin/$name" "$app" "$@"
  local status=$?
  ((status == 0)) || fail $COMPILE_FAILED "bin/$name ended with exit status $status"
}

# What the buildpacks put in deps/N/bin and deps/N/profile.d takes effect when the app starts.
write_profile() {
  local folder script
  {
    echo "export DEPS_DIR=$deps"
    for folder in "$deps"/*/bin; do
      if [[ -d $folder ]]; then echo "export PATH=$folder:\$PATH"; fi
    done
  } >"$profile/000_deps.sh"
  for script in "$deps"/*/profile.d/*.sh; do
    [[ -f $script ]] || continue
    folder=${script%/profile.d/*}
    cp "$script" "$profile/${folder##*/}_${script##*/}"
  done
}

release() {
  local folder=${folders[-1]}
  [[ -x $folder/bin/release ]] || return 0
  "$folder/bin/release" "$app" >"$result/release.yml"
  local status=$?
  ((status == 0)) || fail $RELEASE_FAILED "bin/release ended with exit status $status"
}

# The reason goes to the host, too: it becomes part of the build's error.
fail() {
  printf '%s' "$2" >"$result/failure"
  echo "$2" >&2
  exit "$1"
}

main "$@"
