// What the planted images run: one static program; the verb says which sin (or which innocent deed) it does.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char* const argv[]) {
  pid_t pid = fork();
  if (pid == 0) {
    execv(argv[0], argv);
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return 0;
}

static int copy(const char* from, int to) {
  char buffer[65536];
  int fd = open(from, O_RDONLY);
  ssize_t size;
  while ((size = read(fd, buffer, sizeof buffer)) > 0) {
    if (write(to, buffer, (size_t)size) != size) return 1;
  }
  fchmod(to, 0755);
  close(fd);
  return 0;
}

static void read_all(const char* path) {
  char buffer[256];
  int fd = open(path, O_RDONLY);
  if (fd < 0) return;
  while (read(fd, buffer, sizeof buffer) > 0) {
  }
  close(fd);
}

static void append(const char* path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (fd < 0) return;
  if (write(fd, "x\n", 2) < 0) perror(path);
  close(fd);
}

static int dial(const char* address, int port, int type) {
  int fd = socket(strchr(address, ':') ? AF_INET6 : AF_INET, type, 0);
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
  inet_pton(AF_INET, address, &in.sin_addr);
  inet_pton(AF_INET6, address, &in6.sin6_addr);
  int rc = strchr(address, ':') ? connect(fd, (struct sockaddr*)&in6, sizeof in6)
                                : connect(fd, (struct sockaddr*)&in, sizeof in);
  return rc == 0 ? fd : (close(fd), -1);
}

static int serve(int port, int type) {
  int fd = socket(AF_INET, type, 0);
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  inet_pton(AF_INET, "127.0.0.1", &in.sin_addr);
  if (bind(fd, (struct sockaddr*)&in, sizeof in)) return -1;
  if (type == SOCK_STREAM) listen(fd, 4);
  return fd;
}

static void ask_name(const char* name) {
  unsigned char query[512] = {0x12, 0x34, 1, 0, 0, 1};
  size_t at = 12;
  for (const char* part = name; *part;) {
    size_t length = strcspn(part, ".");
    query[at++] = (unsigned char)length;
    memcpy(query + at, part, length);
    at += length;
    part += length + (part[length] == '.');
  }
  query[at++] = 0;
  query[at + 1] = 1;
  query[at + 3] = 1;
  at += 4;
  int fd = dial("127.0.0.53", 53, SOCK_DGRAM);
  send(fd, query, at, MSG_NOSIGNAL);
  close(fd);
}

static void* idle(void* none) { return none; }
static void quit(int number) {
  (void)number;
  _exit(0);
}

int main(int argc, char** argv) {
  const char* verb = argc > 1 ? argv[1] : "hello";
  const char* first = argc > 2 ? argv[2] : "";
#define VERB(name) if (!strcmp(verb, name))
  // Programs
  VERB("exec") return run(argv + 2);
  VERB("exec-copy") {  // a file made at run time
    int fd = open(first, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    copy("/proc/self/exe", fd);
    close(fd);
    char* const child[] = {argv[2], "hello", NULL};
    run(child);
    if (argc > 3) unlink(first);
    return 0;
  }
  VERB("exec-changed") {  // the same file twice, and another in its place the second time
    char* const child[] = {argv[2], "hello", NULL};
    run(child);
    unlink(first);
    int fd = open(first, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    copy("/proc/self/exe", fd);
    close(fd);
    return run(child);
  }
  VERB("exec-memory") {
    int fd = memfd_create("x", 0);
    copy("/proc/self/exe", fd);
    if (fork() == 0) {
      char* const child[] = {"x", "hello", NULL};
      char* const none[] = {NULL};
      fexecve(fd, child, none);
      _exit(1);
    }
    wait(NULL);
    return 0;
  }
  // Files
  VERB("append") return append(first), 0;
  VERB("read") return read_all(first), 0;
  VERB("delete") return unlink(first), 0;
  VERB("rename") return rename(first, argv[3]), 0;
  VERB("mkdir") return mkdir(first, 0755), 0;
  VERB("symlink") return symlink("/nowhere", first), 0;
  VERB("chmod") return chmod(first, 04755), 0;
  VERB("read-child-environment") {
    pid_t pid = fork();
    if (pid == 0) {
      pause();
      _exit(0);
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    read_all(path);
    kill(pid, SIGKILL);
    wait(NULL);
    return 0;
  }
  // Network
  VERB("connect") return dial(first, atoi(argv[3]), SOCK_STREAM), 0;
  VERB("send-to") {
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[3]))};
    inet_pton(AF_INET, first, &in.sin_addr);
    sendto(fd, "hello", 5, 0, (struct sockaddr*)&in, sizeof in);
    return 0;
  }
  VERB("listen") return serve(atoi(first), SOCK_STREAM), 0;
  VERB("listen-udp") return serve(atoi(first), SOCK_DGRAM), 0;
  VERB("ask-name") return ask_name(first), 0;
  VERB("talk-to-self") {
    int fd = serve(atoi(first), SOCK_STREAM);
    int other = dial("127.0.0.1", atoi(first), SOCK_STREAM);
    return fd < 0 || other < 0;
  }
  VERB("unix") {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/var/run/nscd/socket"};
    return connect(fd, (struct sockaddr*)&un, sizeof un), 0;
  }
  // Identity
  VERB("become") return setuid((uid_t)atoi(first)), 0;
  VERB("gain-capability") {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{1u << 21, 1u << 21, 0}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &header, data) * 0;
  }
  // Dangerous classes
  VERB("ptrace") return (int)ptrace(PTRACE_TRACEME, 0, 0, 0) * 0;
  VERB("mount") return mount("none", "/tmp", "tmpfs", 0, "") * 0;
  VERB("unshare") return unshare(CLONE_NEWUSER) * 0;
  VERB("clone-namespace") {
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    return 0;
  }
  VERB("setns") return setns(0, CLONE_NEWNET) * 0;
  VERB("call") return (int)syscall(atol(first), 0L, 0L, 0L, 0L, 0L) * 0;
  VERB("read-memory") {
    char byte;
    struct iovec part = {&byte, 1};
    return (int)process_vm_readv(getpid(), &part, 1, &part, 1, 0) * 0;
  }
  VERB("vsock") return socket(AF_VSOCK, SOCK_STREAM, 0) * 0;
  // Being the first process
  VERB("ignore-term") {
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
  }
  VERB("no-handler") {
    for (;;) pause();
  }
  VERB("handle-term") {
    signal(SIGTERM, quit);
    for (;;) pause();
  }
  VERB("zombies") {
    for (int i = 0; i < 5; ++i) {
      if (fork() == 0) _exit(0);
    }
    usleep(1500 * 1000);
    return 0;
  }
  VERB("reap") {
    for (int i = 0; i < 20; ++i) {
      if (fork() == 0) _exit(0);
      wait(NULL);
    }
    return 0;
  }
  VERB("threads") {
    pthread_t threads[8];
    for (int i = 0; i < 8; ++i) pthread_create(&threads[i], NULL, idle, NULL);
    for (int i = 0; i < 8; ++i) pthread_join(threads[i], NULL);
    return 0;
  }
  VERB("eat") {
    size_t bytes = (size_t)atol(first) << 20;
    char* memory = malloc(bytes);
    if (memory) memset(memory, 1, bytes);
    return memory == NULL;
  }
  VERB("make-files") {  // COUNT DIRECTORY
    char path[256];
    for (int i = 0; i < atoi(first); ++i) {
      snprintf(path, sizeof path, "%s/%d", argv[3], i);
      close(open(path, O_WRONLY | O_CREAT, 0644));
    }
    return 0;
  }
  VERB("count-files") {
    DIR* directory = opendir(first);
    int count = 0;
    while (directory && readdir(directory)) ++count;
    printf("%d\n", count - 2);
    return 0;
  }
  VERB("fork-many") {
    for (int i = 0; i < 200; ++i) {
      pid_t pid = fork();
      if (pid == 0) {
        pause();
        _exit(0);
      }
      if (pid < 0) break;
    }
    return 0;
  }
  VERB("signals") {  // busy signals must not make a watched call begin again for ever
    for (int i = 0; i < 50; ++i) {
      kill(getpid(), SIGCHLD);
      read_all("/proc/self/status");
    }
    return 0;
  }
  printf("hello\n");
  return 0;
}
