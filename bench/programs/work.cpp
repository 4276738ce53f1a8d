// work.cpp -- what g++ compiles for the suite: templates and the standard library's heavier headers. It is also a program:
// it prints one line, so that what the compiler made can be tried. With WHOLE defined there is about three times as much.
#include <cstdio>
#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#ifdef WHOLE
#include <memory>
#include <regex>
#include <unordered_map>
#endif

namespace {

// Types made of types: a list of sizes, sorted while compiling.
template <int... Values> struct Row {};

template <int Value, class Rest> struct Before;
template <int Value, int... Values> struct Before<Value, Row<Values...>> { using type = Row<Value, Values...>; };

template <int Value, class Sorted> struct Insert;
template <int Value> struct Insert<Value, Row<>> { using type = Row<Value>; };
template <int Value, int First, int... Others> struct Insert<Value, Row<First, Others...>> {
  using type = typename std::conditional_t<(Value <= First), Before<Value, Row<First, Others...>>,
                                           Before<First, typename Insert<Value, Row<Others...>>::type>>::type;
};

template <class Unsorted> struct Sort;
template <> struct Sort<Row<>> { using type = Row<>; };
template <int First, int... Others> struct Sort<Row<First, Others...>> {
  using type = typename Insert<First, typename Sort<Row<Others...>>::type>::type;
};

template <class Numbers> struct Scattered;
template <int... Numbers> struct Scattered<std::integer_sequence<int, Numbers...>> {
  using type = Row<(Numbers * 37 % 101)...>;
};

template <int... Values> int weighed(Row<Values...>) {
  int place = 0;
  int sum = 0;
  ((place++, sum += Values * place), ...);
  return sum;
}

// Functions made for each number: containers of their own types.
template <int Number> struct Tagged {
  int value = Number;
  bool operator<(const Tagged& other) const { return value < other.value; }
};

template <int Number> long contained() {
  std::map<Tagged<Number>, std::vector<std::tuple<int, std::string>>> map;
  for (int i = 0; i < 20; i++) {
    Tagged<Number> key;
    key.value = i * Number % 7;
    map[key].emplace_back(i, std::to_string(i));
  }
  long sum = 0;
  for (const auto& [key, found] : map) sum += key.value + std::get<0>(found.front()) * Number;
  return sum;
}

template <int... Numbers> long all_contained(std::integer_sequence<int, Numbers...>) {
  return (contained<Numbers + 1>() + ...);
}

#ifdef WHOLE
constexpr int kinds = 4;
constexpr int sorted = 40;

long counted(const std::string& text) {
  std::unordered_map<char, std::shared_ptr<std::string>> seen;
  for (char letter : text) {
    auto& found = seen[letter];
    if (!found) found = std::make_shared<std::string>();
    found->push_back(letter);
  }
  return static_cast<long>(seen.size() * 100 + seen['b']->size());
}
#else
constexpr int kinds = 1;
constexpr int sorted = 20;

long counted(const std::string& text) { return static_cast<long>(text.size()); }
#endif

}  // namespace

int main() {
  using Numbers = std::make_integer_sequence<int, sorted>;
  int row = weighed(Sort<Scattered<Numbers>::type>::type());
  long found = all_contained(std::make_integer_sequence<int, kinds>());
  std::printf("%d %ld %ld\n", row, found, counted("a1 b22 c333 b4444 abc"));
}
