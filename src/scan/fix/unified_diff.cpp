#include "scan/fix/unified_diff.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

namespace sluice::scan {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t k_context = 3;

// With their line ends.
Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

struct Change {
  std::size_t old_begin = 0;
  std::size_t old_end = 0;
  std::size_t new_begin = 0;
  std::size_t new_end = 0;
};

// Myers' greedy algorithm ("An O(ND) Difference Algorithm", 1986) over a[0,n) and b[0,m); true where a line
// is kept. False and nothing kept if it takes more than k_max_diff_steps.
bool align(const Lines& a, const Lines& b, std::vector<bool>& kept_a, std::vector<bool>& kept_b) {
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  const int most = std::min(n + m, k_max_diff_steps);
  const auto at = [most](int k) { return static_cast<std::size_t>(k + most + 1); };
  std::vector<int> furthest(2 * static_cast<std::size_t>(most) + 3, 0);
  std::vector<std::vector<int>> trace;
  for (int d = 0; d <= most; ++d) {
    trace.push_back(furthest);
    for (int k = -d; k <= d; k += 2) {
      const bool down = k == -d || (k != d && furthest[at(k - 1)] < furthest[at(k + 1)]);
      int x = down ? furthest[at(k + 1)] : furthest[at(k - 1)] + 1;
      int y = x - k;
      while (x < n && y < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(y)]) {
        ++x;
        ++y;
      }
      furthest[at(k)] = x;
      if (x < n || y < m) continue;
      for (; d >= 0; --d) {  // back to the start
        const std::vector<int>& v = trace[static_cast<std::size_t>(d)];
        const int diagonal = x - y;
        const bool from_above =
            diagonal == -d || (diagonal != d && v[at(diagonal - 1)] < v[at(diagonal + 1)]);
        const int before_x = d == 0 ? 0 : from_above ? v[at(diagonal + 1)] : v[at(diagonal - 1)];
        const int before_y = d == 0 ? 0 : before_x - (from_above ? diagonal + 1 : diagonal - 1);
        while (x > before_x && y > before_y) {
          kept_a[static_cast<std::size_t>(--x)] = true;
          kept_b[static_cast<std::size_t>(--y)] = true;
        }
        x = before_x;
        y = before_y;
      }
      return true;
    }
  }
  return false;
}

std::vector<Change> changes_of(const Lines& a, const Lines& b) {
  std::size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  std::size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
    ++tail;
  const auto middle = [&](const Lines& all) {
    return Lines(all.begin() + static_cast<std::ptrdiff_t>(head),
                 all.end() - static_cast<std::ptrdiff_t>(tail));
  };
  const Lines x = middle(a);
  const Lines y = middle(b);
  std::vector<bool> kept_x(x.size());
  std::vector<bool> kept_y(y.size());
  if (!align(x, y, kept_x, kept_y)) {
    kept_x.assign(x.size(), false);
    kept_y.assign(y.size(), false);
  }
  std::vector<Change> out;
  for (std::size_t i = 0, j = 0; i < x.size() || j < y.size();) {
    if (i < x.size() && j < y.size() && kept_x[i] && kept_y[j]) {
      ++i;
      ++j;
      continue;
    }
    Change change{head + i, 0, head + j, 0};
    while (i < x.size() && !kept_x[i]) ++i;
    while (j < y.size() && !kept_y[j]) ++j;
    change.old_end = head + i;
    change.new_end = head + j;
    out.push_back(change);
  }
  return out;
}

// git's: plain if it can be, else in double quotes with C escapes.
std::string quoted(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F && c != '"' &&
           c != '\\';
  });
  if (plain) return std::string(name);
  std::string out = "\"";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      std::array<char, 5> escaped{};
      (void)std::snprintf(escaped.data(), escaped.size(), "\\%03o", static_cast<unsigned>(byte));
      out += escaped.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// A name with blanks needs a tab behind it, or the reader would not know where it ends.
std::string file_line(std::string_view sign, const std::string& name) {
  const bool blanks = name.front() != '"' && name.find(' ') != std::string::npos;
  return std::string(sign) + " " + name + (blanks ? "\t\n" : "\n");
}

std::string range(std::size_t begin, std::size_t count) {
  const std::size_t start = count == 0 ? begin : begin + 1;
  return std::to_string(start) + (count == 1 ? "" : "," + std::to_string(count));
}

void add_lines(std::string& out, char sign, const Lines& lines, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    out += sign;
    out += lines[i];
    if (!lines[i].ends_with('\n')) out += "\n\\ No newline at end of file\n";
  }
}

void add_hunk(std::string& out, const Lines& a, const Lines& b, const std::vector<Change>& changes,
              std::size_t first, std::size_t last) {
  const std::size_t lead = std::min(k_context, changes[first].old_begin);
  const std::size_t trail = std::min(k_context, a.size() - changes[last].old_end);
  const std::size_t old_begin = changes[first].old_begin - lead;
  const std::size_t new_begin = changes[first].new_begin - lead;
  const std::size_t old_end = changes[last].old_end + trail;
  const std::size_t new_end = changes[last].new_end + trail;
  out +=
      "@@ -" + range(old_begin, old_end - old_begin) + " +" + range(new_begin, new_end - new_begin) + " @@\n";
  std::size_t at = old_begin;
  for (std::size_t i = first; i <= last; ++i) {
    add_lines(out, ' ', a, at, changes[i].old_begin);
    add_lines(out, '-', a, changes[i].old_begin, changes[i].old_end);
    add_lines(out, '+', b, changes[i].new_begin, changes[i].new_end);
    at = changes[i].old_end;
  }
  add_lines(out, ' ', a, at, old_end);
}

}  // namespace

std::string unified_diff(std::string_view path, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const Lines a = lines_of(before);
  const Lines b = lines_of(after);
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string old_name = quoted("a/" + std::string(path));
  const std::string new_name = quoted("b/" + std::string(path));
  std::string out = "diff --git " + old_name + " " + new_name + "\n" + file_line("---", old_name) +
                    file_line("+++", new_name);
  const std::vector<Change> changes = changes_of(a, b);
  for (std::size_t first = 0; first < changes.size();) {
    std::size_t last = first;
    while (last + 1 < changes.size() && changes[last + 1].old_begin - changes[last].old_end <= 2 * k_context)
      ++last;
    add_hunk(out, a, b, changes, first, last);
    first = last + 1;
  }
  return out;
}

}  // namespace sluice::scan
