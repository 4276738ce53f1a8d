#!/usr/bin/env bash
# g++: a file heavy with templates, compiled and optimised; the object code, and what the program prints.
# packages: g++
# release only: long
. "$(dirname "$0")/preload.bash"

workload() {
  cat >heavy.cc <<'EOT'
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N> struct fibonacci { static constexpr long value = fibonacci<N - 1>::value + fibonacci<N - 2>::value; };
template <> struct fibonacci<1> { static constexpr long value = 1; };
template <> struct fibonacci<0> { static constexpr long value = 0; };

template <int N> struct nested { std::map<int, std::vector<std::tuple<int, std::string, nested<N - 1>>>> inner; int depth() const { return 1 + nested<N - 1>().depth(); } };
template <> struct nested<0> { int depth() const { return 0; } };

template <class... T> auto sums(T... t) { return std::make_tuple((t + ... + 0), sizeof...(t), std::to_string((t * ... * 1))); }

using value = std::variant<int, double, std::string, std::vector<int>>;
struct show {
  std::string operator()(int i) const { return "int " + std::to_string(i); }
  std::string operator()(double d) const { return "double " + std::to_string(d); }
  std::string operator()(const std::string& s) const { return "string " + s; }
  std::string operator()(const std::vector<int>& v) const { return "vector of " + std::to_string(v.size()); }
};

int main() {
  std::cout << fibonacci<80>::value << ' ' << nested<25>().depth() << '\n';
  std::apply([](auto... x) { ((std::cout << x << ' '), ...) << '\n'; }, sums(1, 2, 3, 4, 5));
  for (const value& v : std::vector<value>{1, 2.5, "text", std::vector<int>(7)}) std::cout << std::visit(show(), v) << '\n';
  std::unordered_map<std::string, std::shared_ptr<std::function<int(int)>>> table;
  for (int i = 0; i < 1000; i++) table["f" + std::to_string(i)] = std::make_shared<std::function<int(int)>>([i](int x) { return x * i; });
  long total = 0;
  for (auto& [name, f] : table) total += (*f)(static_cast<int>(name.size()));
  std::smatch match;
  std::string text = "size=42;align=16";
  std::regex_search(text, match, std::regex("(\\w+)=(\\d+);(\\w+)=(\\d+)"));
  std::cout << total << ' ' << match[2] << ' ' << match[4] << '\n';
}
EOT
  under g++ -std=c++17 -O2 -o heavy heavy.cc
  sha256sum heavy
  under ./heavy
}
compare
