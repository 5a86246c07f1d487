// What runs inside test containers: one static program, a verb and its arguments. Speaks through exit status
// and output.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

static int says(const char* what, int rc) {
  if (rc >= 0) {
    printf("%s: ok\n", what);
  } else {
    printf("%s: %s\n", what, strerrorname_np(errno));
  }
  fflush(stdout);
  return 0;
}

static int cat(const char* path) {
  char buffer[4096];
  int fd = open(path, O_RDONLY);
  if (fd < 0) return says(path, -1);
  ssize_t size;
  while ((size = read(fd, buffer, sizeof buffer)) > 0) {
    if (write(1, buffer, (size_t)size) != size) return 1;
  }
  return 0;
}

static int list(const char* path) {
  DIR* dir = opendir(path);
  if (!dir) return says(path, -1);
  for (struct dirent* entry; (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) printf("%s\n", entry->d_name);
  }
  return 0;
}

static int flood(unsigned long long bytes) {
  static char block[1 << 16];
  memset(block, 'x', sizeof block);
  for (unsigned long long done = 0; done < bytes;) {
    unsigned long long left = bytes - done;
    ssize_t size = write(1, block, left < sizeof block ? (size_t)left : sizeof block);
    if (size <= 0) return 1;
    done += (unsigned long long)size;
  }
  return 0;
}

static int fork_bomb(void) {
  int made = 0;
  for (int i = 0; i < 100000; ++i) {
    pid_t pid = fork();
    if (pid == 0) {
      pause();
      _exit(0);
    }
    if (pid < 0) {
      printf("made %d then %s\n", made, strerrorname_np(errno));
      return 0;
    }
    ++made;
  }
  printf("no limit\n");
  return 1;
}

static int memory_bomb(size_t mebibytes) {
  for (size_t i = 0; i < mebibytes; ++i) {
    char* block = malloc(1 << 20);
    if (!block) return 3;
    memset(block, 1, 1 << 20);
  }
  printf("allocated\n");
  return 0;
}

static int fill(const char* path) {
  static char block[1 << 20];
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return says(path, -1);
  unsigned long long total = 0;
  for (;;) {
    ssize_t size = write(fd, block, sizeof block);
    if (size <= 0) break;
    total += (unsigned long long)size;
    if (total > 4ull << 30) break;
  }
  printf("%llu then %s\n", total, strerrorname_np(errno));
  return 0;
}

static int tcp(const char* address, int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return says("socket", -1);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, address, &to.sin_addr);
  return says("connect", connect(fd, (struct sockaddr*)&to, sizeof to));
}

// A query for the addresses (IPv4) of a name, to the resolver that /etc/resolv.conf names; how: udp, tcp or
// garbage (then the name's bytes are sent as they are).
static int ask_name(const char* how, const char* name) {
  char text[512] = "", server[64] = "", answer[1024];
  unsigned char query[1024] = {0x12, 0x34, 1, 0, 0, 1};
  int fd = open("/etc/resolv.conf", O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || sscanf(text, "nameserver %63s", server) != 1)
    return says("resolv.conf", -1);
  size_t size = 12;
  for (const char* label = name; *label;) {
    size_t length = strcspn(label, ".");
    query[size++] = (unsigned char)length;
    memcpy(query + size, label, length);
    size += length;
    label += length + (label[length] == '.');
  }
  memcpy(query + size, "\0\0\1\0\1", 5);
  size += 5;
  int stream = !strcmp(how, "tcp");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
  inet_pton(AF_INET, server, &to.sin_addr);
  int s = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
  struct timeval patience = {5, 0};
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(s, (struct sockaddr*)&to, sizeof to)) return says("connect", -1);
  if (!strcmp(how, "garbage")) return says("garbage", (int)send(s, name, strlen(name), 0));
  unsigned char length[2] = {(unsigned char)(size >> 8), (unsigned char)size};
  if (stream && write(s, length, 2) != 2) return says("write", -1);
  if (write(s, query, size) < 0) return says("write", -1);
  if (stream && read(s, length, 2) != 2) return says("read", -1);
  ssize_t got = read(s, answer, sizeof answer);
  if (got < (ssize_t)size) return says("read", -1);
  printf("%s: code %d", name, answer[3] & 15);
  for (ssize_t at = (ssize_t)size; at + 16 <= got; at += 16) {
    printf(" %d.%d.%d.%d", answer[at + 12] & 255, answer[at + 13] & 255, answer[at + 14] & 255,
           answer[at + 15] & 255);
  }
  return printf("\n") < 0;
}

static int serve_self(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&at, sizeof at) || listen(fd, 4)) return says("listen", -1);
  return tcp("127.0.0.1", port);
}

// A small HTTP server on every address: answers each request with its path; "/quit" ends it.
static int serve_http(int port, const char* how) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr*)&at, sizeof at) || listen(fd, 16)) return says("listen", -1);
  printf("listening on %d\n", port);
  for (;;) {
    char request[4096] = "", path[1024] = "", answer[4096];
    int client = accept(fd, NULL, NULL);
    if (client < 0) continue;
    if (read(client, request, sizeof request - 1) <= 0 || sscanf(request, "%*s %1023s", path) != 1)
      path[0] = 0;
    if (!strcmp(how, "chunked")) {
      snprintf(
          answer, sizeof answer,
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n there\r\n0\r\n\r\n");
    } else if (!strcmp(how, "garbage")) {
      snprintf(answer, sizeof answer, "SSH-2.0-none\r\n");
    } else if (!strcmp(how, "silent")) {
      sleep(1000);
    } else {
      snprintf(answer, sizeof answer,
               "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: "
               "%zu\r\n\r\n{\"path\":\"%s\",\"n\":[1]}",
               strcmp(path, "/missing") ? "200 OK" : "404 Not Found", strlen(path) + 19, path);
    }
    if (write(client, answer, strlen(answer)) < 0) perror("write");
    close(client);
    if (!strcmp(path, "/quit")) return 0;
  }
}

static int attack(void) {
  says("unshare", unshare(CLONE_NEWUSER));
  says("mount", mount("none", "/", "tmpfs", 0, ""));
  says("chroot", chroot("/"));
  says("setns", setns(0, 0));
  says("bpf", (int)syscall(SYS_bpf, 0, NULL, 0));
  says("keyctl", (int)syscall(SYS_keyctl, 0, 0, 0, 0, 0));
  says("io_uring", (int)syscall(SYS_io_uring_setup, 1, NULL));
  says("clone-newuser", (int)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  says("clone3", (int)syscall(SYS_clone3, NULL, 0));
  says("newer", (int)syscall(900));
  says("vsock", socket(40, SOCK_STREAM, 0));
  says("mknod", mknod("/tmp/disk", S_IFBLK | 0600, 0x0801));
  says("core_pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY));
  says("sysrq", open("/proc/sysrq-trigger", O_WRONLY));
  says("sethostname", sethostname("x", 1));
  says("setuid", setuid(4242));
  return 0;
}

// The other door into an x86 kernel: calls by the numbers of i386, which the filter must guard too.
static int by_i386(void) {
#ifdef __x86_64__
  struct {
    const char* name;
    long number;
  } calls[] = {{"getpid", 20}, {"mount", 21},   {"unshare", 310},
               {"bpf", 357},   {"clone3", 435}, {"newer", 900}};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
    long rc;
    __asm__ volatile("int $0x80"
                     : "=a"(rc)
                     : "a"(calls[i].number), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
                     : "memory");
    errno = rc < 0 ? (int)-rc : 0;
    says(calls[i].name, rc < 0 ? -1 : 0);
  }
  // x32: the native architecture, with bit 30 in the number.
  says("x32", (int)syscall(0x40000000 + 39));
#endif
  return 0;
}

static int hold_pipe(int seconds) {
  if (fork() == 0) {
    if (fork() == 0) {
      setsid();
      signal(SIGTERM, SIG_IGN);
      signal(SIGHUP, SIG_IGN);
      sleep((unsigned)seconds);
    }
    _exit(0);
  }
  wait(NULL);
  printf("parent done\n");
  return 0;
}

static void name_signal(int number) {
  static char text[] = "got signal 00\n";
  text[11] = (char)('0' + number / 10);
  text[12] = (char)('0' + number % 10);
  if (write(1, text, sizeof text - 1) < 0) _exit(9);
  _exit(7);
}

int main(int argc, char** argv) {
  const char* verb = argc > 1 ? argv[1] : "none";
  const char* first = argc > 2 ? argv[2] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!strcmp(verb, "exit")) return atoi(first);
  if (!strcmp(verb, "echo")) {
    for (int i = 2; i < argc; ++i) printf("%s%s", argv[i], i + 1 < argc ? " " : "\n");
    return 0;
  }
  if (!strcmp(verb, "error")) return fprintf(stderr, "%s\n", first) < 0;
  if (!strcmp(verb, "env")) {
    for (char** entry = environ; *entry; ++entry) printf("%s\n", *entry);
    return 0;
  }
  if (!strcmp(verb, "id")) {
    gid_t groups[64];
    int count = getgroups(64, groups);
    printf("pid=%d uid=%d gid=%d groups=", getpid(), (int)getuid(), (int)getgid());
    for (int i = 0; i < count; ++i) printf("%s%d", i ? "," : "", (int)groups[i]);
    printf("\n");
    return 0;
  }
  if (!strcmp(verb, "pwd")) {
    char path[4096];
    return printf("%s\n", getcwd(path, sizeof path)) < 0;
  }
  if (!strcmp(verb, "hostname")) {
    char name[65];
    gethostname(name, sizeof name);
    return printf("%s\n", name) < 0;
  }
  if (!strcmp(verb, "cat")) return cat(first);
  if (!strcmp(verb, "ls")) return list(first);
  if (!strcmp(verb, "fds")) return list("/proc/self/fd");
  if (!strcmp(verb, "write")) return says(first, open(first, O_WRONLY | O_CREAT, 0644));
  if (!strcmp(verb, "mkdir")) return says(first, mkdir(first, 0755));
  if (!strcmp(verb, "stat")) {
    struct stat st;
    if (stat(first, &st)) return says(first, -1);
    return printf("%o %d:%d\n", (unsigned)st.st_mode, (int)st.st_uid, (int)st.st_gid) < 0;
  }
  if (!strcmp(verb, "stdin")) {
    char byte;
    return printf("read %zd\n", read(0, &byte, 1)) < 0;
  }
  if (!strcmp(verb, "dev-stdout")) {
    int fd = open("/dev/stdout", O_WRONLY);
    if (fd < 0) return says("/dev/stdout", -1);
    return dprintf(fd, "through the path\n") < 0;
  }
  if (!strcmp(verb, "flood")) return flood(strtoull(first, NULL, 10));
  if (!strcmp(verb, "fork-bomb")) return fork_bomb();
  if (!strcmp(verb, "memory-bomb")) return memory_bomb(strtoull(first, NULL, 10));
  if (!strcmp(verb, "fill")) return fill(first);
  if (!strcmp(verb, "tcp")) return tcp(first, atoi(argv[3]));
  if (!strcmp(verb, "ask-name")) {
    for (int i = 3; i < argc; ++i) ask_name(first, argv[i]);
    return 0;
  }
  if (!strcmp(verb, "serve-self")) return serve_self(atoi(first));
  if (!strcmp(verb, "http")) return serve_http(atoi(first), argc > 3 ? argv[3] : "plain");
  if (!strcmp(verb, "attack")) return attack();
  if (!strcmp(verb, "i386")) return by_i386();
  if (!strcmp(verb, "hold-pipe")) return hold_pipe(atoi(first));
  if (!strcmp(verb, "close-output")) {
    close(1);
    close(2);
    return 0;
  }
  if (!strcmp(verb, "ptrace")) return says("ptrace", (int)ptrace(PTRACE_TRACEME, 0, 0, 0));
  if (!strcmp(verb, "ignore-term")) {
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
  if (!strcmp(verb, "catch")) {
    signal(SIGTERM, name_signal);
    signal(SIGINT, name_signal);
    signal(SIGUSR1, name_signal);
    for (;;) pause();
  }
  if (!strcmp(verb, "spin")) {
    for (;;) {
    }
  }
  if (!strcmp(verb, "crash")) *(volatile int*)8 = 1;  // a signal of its own PID 1 would ignore
  fprintf(stderr, "guest: unknown verb %s\n", verb);
  return 99;
}
