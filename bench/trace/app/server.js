// Answers everything at once with a few bytes.
require('node:http')
  .createServer((_request, response) => response.end('hello world\n'))
  .listen(process.env.PORT);
