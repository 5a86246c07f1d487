#include <unistd.h>

#include <cstdio>
#include <ostream>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

int main(int argc, char** argv) {
  if (::access("/usr/bin/docker-registry", X_OK) != 0) {
    std::puts("skipped: docker-registry is not installed");
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
