// The word that words.cpp and expansions.cpp put together.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "syntax/shell/reader.h"

namespace sluice::syntax::shell {

// The word being put together; an unquoted variable can make it several.
struct Reader::Field {
  std::vector<Word> done;
  Word word;
  bool any = false;  // there is a word, perhaps an empty one
  bool split = false;

  void put(std::string_view text) {
    word.text.append(text);
    any = true;
  }
  void next() {
    if (!any) return;
    done.push_back(word);
    const std::vector<Expansion> expansions = std::move(word.expansions);
    word = Word{};
    word.expansions = expansions;  // what made the split made the next word too
    word.split = true;
    done.back().split = true;
    any = false;
  }
};

}  // namespace sluice::syntax::shell
