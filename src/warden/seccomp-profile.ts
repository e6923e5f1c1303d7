/**
 * System calls that a container may make: the default set of Docker and containerd for a process
 * without capabilities, less what lets processes look into each other (`ptrace`, `process_vm_*`)
 * and `io_uring`, which gets round this filter. Calls for 32-bit programs are left out: they
 * cannot run. A name that libseccomp does not know is skipped by runc.
 */
const FILES = `
  access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat
  faccessat2 fadvise64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchownat
  fcntl fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate
  futimesat getcwd getdents getdents64 getxattr inotify_add_watch inotify_init inotify_init1
  inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit ioctl lchown
  lgetxattr link linkat listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat
  mknod mknodat name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2
  pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr rename renameat
  renameat2 rmdir sendfile setxattr splice stat statfs statx symlink symlinkat sync
  sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes vmsplice write
  writev`;

const MEMORY = `
  brk cachestat madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2
  mlockall mmap mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free
  pkey_mprotect process_mrelease remap_file_pages`;

const PROCESSES = `
  alarm arch_prctl capget capset execve execveat exit exit_group fork get_robust_list
  get_thread_area getcpu getegid geteuid getgid getgroups getpgid getpgrp getpid getppid
  getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid ioprio_get ioprio_set
  kill landlock_add_rule landlock_create_ruleset landlock_restrict_self modify_ldt pidfd_open
  pidfd_send_signal prctl prlimit64 restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask
  rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
  sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
  sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler
  sched_yield seccomp set_robust_list set_thread_area set_tid_address setfsgid setfsuid setgid
  setgroups setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid
  sigaltstack sysinfo tgkill times tkill uname vfork wait4 waitid`;

const WAITING = `
  clock_getres clock_gettime clock_nanosleep epoll_create epoll_create1 epoll_ctl epoll_ctl_old
  epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 futex futex_requeue futex_wait
  futex_waitv futex_wake getitimer getrandom gettimeofday nanosleep pause poll ppoll pselect6 select
  setitimer signalfd signalfd4 time timer_create timer_delete timer_getoverrun timer_gettime
  timer_settime timerfd_create timerfd_gettime timerfd_settime`;

/** `adjtimex` and `clock_adjtime` only read without CAP_SYS_TIME. */
const MESSAGES = `
  accept accept4 adjtimex bind clock_adjtime connect getpeername getsockname getsockopt listen
  mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd
  recvfrom recvmmsg recvmsg semctl semget semop semtimedop sendmmsg sendmsg sendto setsockopt shmat
  shmctl shmdt shmget shutdown socketpair`;

const ALLOWED = [FILES, MEMORY, PROCESSES, WAITING, MESSAGES].flatMap(words);

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of clone(2). */
const CLONE_NAMESPACES = 0x7e02_0000;
const EPERM = 1;
const ENOSYS = 38;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: what apps use. The rest is attack surface (AF_ALG, AF_VSOCK, …). */
const SOCKET_FAMILIES = [1, 2, 10, 16];
/** Linux, Linux 32-bit, without address randomisation, both, and “only ask”; see personality(2). */
const PERSONALITIES = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_NE' | 'SCMP_CMP_MASKED_EQ';
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

/** `linux.seccomp` of the OCI runtime specification. */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
};

/** The filter for this machine's kind of processor; whatever is not listed fails with EPERM. */
export function seccompProfile(architecture: NodeJS.Architecture): SeccompProfile {
  const native = ARCHITECTURES[architecture];
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures: native === undefined ? [] : [native],
    syscalls: [
      { names: ALLOWED, action: 'SCMP_ACT_ALLOW' },
      allowWhen('clone', {
        index: 0,
        value: CLONE_NAMESPACES,
        valueTwo: 0,
        op: 'SCMP_CMP_MASKED_EQ',
      }),
      // Its flags are behind a pointer, where no filter can look. ENOSYS makes libc fall back to clone.
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ...PERSONALITIES.map(value =>
        allowWhen('personality', { index: 0, value, op: 'SCMP_CMP_EQ' }),
      ),
      ...SOCKET_FAMILIES.map(value => allowWhen('socket', { index: 0, value, op: 'SCMP_CMP_EQ' })),
    ],
  };
}

function allowWhen(name: string, argument: SeccompArgument): SeccompRule {
  return { names: [name], action: 'SCMP_ACT_ALLOW', args: [argument] };
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
