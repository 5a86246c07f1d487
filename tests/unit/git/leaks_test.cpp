// LeakSanitizer reads this. libgit2 1.5 forgets the match data of each regular expression that does not match
// (its configuration lookups, some 20 KB each): not ours to mend, and gone with the process. The archive has
// no frame pointers, so PCRE2's allocation is all of the stack that can be named; nothing else in src/git
// uses PCRE2.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:_pcre2_memctl_malloc_8\nleak:pcre2_match_8\n";
}
