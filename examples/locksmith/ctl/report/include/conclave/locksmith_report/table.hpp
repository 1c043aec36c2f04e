#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Tables for a terminal. Pure: what the terminal can do is told by Look.
namespace conclave::locksmith::report {

/// How to print.
struct Look {
  std::size_t width = 0;  ///< columns; zero: as many as it takes, nothing is left out (a file, a pipe)
  bool colour = false;
  bool unicode = true;
  bool operator==(const Look&) const = default;
};

enum class Tone : std::uint8_t { plain, strong, faint, good, warning, bad };

/// The text in its colour; unchanged without colours.
[[nodiscard]] std::string toned(std::string text, Tone tone, const Look& look);

struct Cell {
  Cell(std::string said = {}, Tone in = Tone::plain) : text(std::move(said)), tone(in) {}  // NOLINT: a text is a cell
  Cell(const char* said, Tone in = Tone::plain) : text(said), tone(in) {}                  // NOLINT: so is a literal
  std::string text;  ///< from anywhere: it is cleaned when it is printed
  Tone tone = Tone::plain;
};

struct Column {
  std::string title;
  std::uint8_t rank = 0;      ///< when there is no room, columns of the highest rank are left out first; those of rank 0 never are
  std::size_t width_min = 0;  ///< may be shortened to this many columns; zero: never
  bool right = false;         ///< numbers
};

/// Lines with their newlines. Columns as wide as their widest cell; when that is wider than the terminal, first the widest ones
/// that may be are shortened, then columns are left out by rank. What cannot be made to fit is printed all the same.
[[nodiscard]] std::string table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows, const Look& look,
                                std::size_t indent = 0);

}  // namespace conclave::locksmith::report
