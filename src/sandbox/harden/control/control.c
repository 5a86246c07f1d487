// The negative control: a program without a library that tries what a hardened container must refuse, in an
// image of its own, under the very settings that the loop found. Its exit status has a bit for each thing
// that it was able to do: 1 a new user namespace, 2 a mount, 4 a connection to the metadata address of
// clouds, 8 an internet socket. Built by hand (src/sandbox/CMakeLists.txt), so that no start-up code of a
// library makes calls of its own.
#if defined(__x86_64__)
enum { nr_socket = 41, nr_connect = 42, nr_mount = 165, nr_exit_group = 231, nr_unshare = 272 };
static long call5(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
enum { nr_mount = 40, nr_exit_group = 94, nr_unshare = 97, nr_socket = 198, nr_connect = 203 };
static long call5(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
#else
#error "the control knows x86_64 and aarch64"
#endif

struct address {
  unsigned short family;
  unsigned char port[2];
  unsigned char host[4];
  unsigned char zero[8];
};

void _start(void) {
  static const char none[] = "none";
  static const char root[] = "/";
  static const char tmpfs[] = "tmpfs";
  static const struct address metadata = {2, {0, 80}, {169, 254, 169, 254}, {0}};
  const long new_user = 0x10000000;
  const long stream_nonblocking = 1 | 04000;
  long able = 0;
  if (call5(nr_unshare, new_user, 0, 0, 0, 0) == 0) able |= 1;
  if (call5(nr_mount, (long)none, (long)root, (long)tmpfs, 0, 0) == 0) able |= 2;
  const long socket = call5(nr_socket, 2, stream_nonblocking, 0, 0, 0);
  if (socket >= 0) {
    able |= 8;
    const long connected = call5(nr_connect, socket, (long)&metadata, sizeof(metadata), 0, 0);
    if (connected == 0 || connected == -115) able |= 4; /* -EINPROGRESS: it is on its way */
  }
  call5(nr_exit_group, able, 0, 0, 0, 0);
  __builtin_unreachable();
}
