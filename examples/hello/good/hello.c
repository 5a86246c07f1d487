/* A small HTTP server, static, with no dependencies: what the demo's image holds.
 *
 *   hello            serve http://0.0.0.0:8080/ until TERM
 *   hello --check    start the server on loopback, fetch "/" once, print the answer, stop; exit 0 if it was 200
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char k_answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 17\r\nConnection: close\r\n\r\n"
    "hello from sluice";

static struct sockaddr_in address(in_addr_t host) {
  struct sockaddr_in out;
  memset(&out, 0, sizeof out);
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(host);
  out.sin_port = htons(8080);
  return out;
}

static int listen_on(in_addr_t host) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  struct sockaddr_in at = address(host);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0) {
    perror("hello: cannot listen on port 8080");
    return -1;
  }
  return fd;
}

static void serve_one(int listener) {
  char request[2048];
  const int client = accept(listener, NULL, NULL);
  if (client < 0) return;
  if (read(client, request, sizeof request) > 0 && write(client, k_answer, sizeof k_answer - 1) < 0) {
    perror("hello: write");
  }
  close(client);
}

static int check(void) {
  char answer[512];
  struct sockaddr_in at = address(INADDR_LOOPBACK);
  const int listener = listen_on(INADDR_LOOPBACK);
  if (listener < 0) return 1;
  const pid_t server = fork();
  if (server == 0) {
    serve_one(listener);
    _exit(0);
  }
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ssize_t got = -1;
  if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && write(fd, "GET / HTTP/1.0\r\n\r\n", 18) == 18) {
    got = read(fd, answer, sizeof answer - 1);
  }
  kill(server, SIGTERM);
  waitpid(server, NULL, 0);
  if (got <= 0) {
    perror("hello: no answer");
    return 1;
  }
  answer[got] = '\0';
  puts(answer);
  return strncmp(answer, "HTTP/1.1 200", 12) == 0 ? 0 : 1;
}

static void on_term(int signal) {
  (void)signal;
  _exit(0);
}

int main(int argc, char **argv) {
  signal(SIGTERM, on_term); /* as process 1 the default action would be ignored */
  signal(SIGPIPE, SIG_IGN);
  if (argc == 2 && strcmp(argv[1], "--check") == 0) return check();
  const int listener = listen_on(INADDR_ANY);
  if (listener < 0) return 1;
  for (;;) serve_one(listener);
}
