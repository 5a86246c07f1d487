#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <sys/resource.h>

int main(int argc, char** argv) {
  // Sanitizers make stack frames several times larger; what recurses to a tree's limited depth must still
  // fit.
  rlimit stack{};
  if (getrlimit(RLIMIT_STACK, &stack) == 0) {
    constexpr rlim_t k_wanted = 64U << 20U;
    stack.rlim_cur = stack.rlim_max == RLIM_INFINITY || stack.rlim_max > k_wanted ? k_wanted : stack.rlim_max;
    setrlimit(RLIMIT_STACK, &stack);
  }
  return doctest::Context(argc, argv).run();
}
