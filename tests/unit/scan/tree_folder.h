// A temporary folder with files, for tests.
#pragma once

#include <unistd.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "base/file.h"

class TreeFolder {
 public:
  TreeFolder() : folder_(std::move(*sluice::TempDirectory::create())) {}
  void put(const std::string& path, std::string_view bytes = "x") const {
    const std::string full = at(path);
    REQUIRE(sluice::make_directories(full.substr(0, full.rfind('/'))));
    REQUIRE(sluice::write_file_atomic(full, bytes));
  }
  void link(const std::string& to, const std::string& path) const {
    REQUIRE(symlink(to.c_str(), at(path).c_str()) == 0);
  }
  [[nodiscard]] std::string at(const std::string& path) const { return folder_.path() + "/" + path; }
  [[nodiscard]] const std::string& root() const { return folder_.path(); }

 private:
  sluice::TempDirectory folder_;
};
