#include "remote/curl_library.h"

#include <dlfcn.h>

#include <array>
#include <mutex>
#include <string>

namespace sluice::remote {
namespace {

constexpr std::array<const char*, 2> k_names{"libcurl.so.4", "libcurl-gnutls.so.4"};

template <typename Function>
bool find(void* library, const char* name, Function& out) {
  // POSIX promises that the conversion works; the language only allows it.
  out = reinterpret_cast<Function>(::dlsym(library, name));
  return out != nullptr;
}

bool load(CurlLibrary& out, std::string& problem) {
  void* library = nullptr;
  for (const char* name : k_names) {
    library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (problem.empty()) problem = ::dlerror();
  }
  if (library == nullptr) return false;
  problem = "it lacks functions";
  return find(library, "curl_global_init", out.global_init) &&
         find(library, "curl_easy_init", out.easy_init) && find(library, "curl_easy_reset", out.easy_reset) &&
         find(library, "curl_easy_setopt", out.setopt) && find(library, "curl_easy_perform", out.perform) &&
         find(library, "curl_easy_getinfo", out.getinfo) && find(library, "curl_easy_cleanup", out.cleanup) &&
         find(library, "curl_easy_strerror", out.strerror) &&
         find(library, "curl_slist_append", out.slist_append) &&
         find(library, "curl_slist_free_all", out.slist_free_all) &&
         out.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

}  // namespace

Result<const CurlLibrary*> curl_library() {
  static std::once_flag once;
  static CurlLibrary library;
  static bool loaded = false;
  static std::string problem;
  std::call_once(once, [] { loaded = load(library, problem); });
  if (loaded) return &library;
  return fail(ErrorKind::unsupported, "remote.no-libcurl", "libcurl cannot be used: " + problem,
              "install it (Debian: apt-get install libcurl4), or copy the image as an OCI layout folder");
}

}  // namespace sluice::remote
