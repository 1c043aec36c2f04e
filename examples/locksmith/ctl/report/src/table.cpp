#include "conclave/locksmith_report/table.hpp"

#include <algorithm>
#include <optional>

#include "conclave/locksmith_report/text.hpp"

namespace conclave::locksmith::report {
namespace {

constexpr std::size_t gap = 2;

const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::plain: return "";
    case Tone::strong: return "1";
    case Tone::faint: return "2";
    case Tone::good: return "32";
    case Tone::warning: return "33";
    case Tone::bad: return "1;31";
  }
  return "";
}

using Texts = std::vector<std::vector<std::string>>;

struct Layout {
  std::vector<std::size_t> shown;   ///< positions of the columns that are printed
  std::vector<std::size_t> widths;  ///< of all columns
  [[nodiscard]] std::size_t total(std::size_t indent) const {
    std::size_t sum = indent + (shown.empty() ? 0 : gap * (shown.size() - 1));
    for (const std::size_t column : shown) sum += widths[column];
    return sum;
  }
};

/// Takes a column's width from the widest that has some to give; false if none has.
bool shorten_widest(const std::vector<Column>& columns, Layout& layout) {
  std::optional<std::size_t> widest;
  for (const std::size_t column : layout.shown) {
    const std::size_t least = std::max(columns[column].width_min, columns[column].title.size());
    if (columns[column].width_min == 0 || layout.widths[column] <= least) continue;
    if (!widest || layout.widths[column] > layout.widths[*widest]) widest = column;
  }
  if (widest) --layout.widths[*widest];
  return widest.has_value();
}

/// Leaves out the last column of the highest rank; false if all that are left have rank 0.
bool leave_one_out(const std::vector<Column>& columns, Layout& layout) {
  std::optional<std::size_t> victim;
  for (std::size_t i = 0; i < layout.shown.size(); ++i) {
    const std::uint8_t rank = columns[layout.shown[i]].rank;
    if (rank > 0 && (!victim || rank >= columns[layout.shown[*victim]].rank)) victim = i;
  }
  if (!victim) return false;
  layout.shown.erase(layout.shown.begin() + static_cast<std::ptrdiff_t>(*victim));
  return true;
}

Layout fitted(const std::vector<Column>& columns, const std::vector<std::size_t>& natural, const Look& look, std::size_t indent) {
  Layout layout;
  for (std::size_t i = 0; i < columns.size(); ++i) layout.shown.push_back(i);
  while (true) {
    layout.widths = natural;
    if (look.width == 0) return layout;
    while (layout.total(indent) > look.width && shorten_widest(columns, layout)) continue;
    if (layout.total(indent) <= look.width || !leave_one_out(columns, layout)) return layout;
  }
}

std::string line_of(const std::vector<Column>& columns, const Layout& layout, const std::vector<std::string>& texts,
                    const std::vector<Tone>& tones, const Look& look, std::size_t indent) {
  std::string line(indent, ' ');
  std::size_t owed = 0;  // blanks that are printed only if something follows
  for (const std::size_t column : layout.shown) {
    std::string text = shorten(texts[column], layout.widths[column], look.unicode);
    const std::size_t fill = layout.widths[column] - std::min(layout.widths[column], width_of(text));
    if (columns[column].right) owed += fill;
    if (!text.empty()) {
      line.append(owed, ' ').append(toned(std::move(text), tones[column], look));
      owed = 0;
    }
    owed += gap + (columns[column].right ? 0 : fill);
  }
  return line.append("\n");
}

}  // namespace

std::string toned(std::string text, Tone tone, const Look& look) {
  if (!look.colour || tone == Tone::plain) return text;
  return std::string("\x1b[") + code_of(tone) + "m" + text + "\x1b[0m";
}

std::string table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows, const Look& look,
                  std::size_t indent) {
  std::vector<std::size_t> natural;
  std::vector<std::string> titles;
  for (const Column& column : columns) {
    titles.push_back(column.title);
    natural.push_back(width_of(column.title));
  }
  Texts texts;
  for (const auto& row : rows) {
    auto& line = texts.emplace_back(columns.size());
    for (std::size_t i = 0; i < std::min(row.size(), columns.size()); ++i) {
      line[i] = clean(row[i].text, look.unicode);
      natural[i] = std::max(natural[i], width_of(line[i]));
    }
  }
  const Layout layout = fitted(columns, natural, look, indent);
  std::string out = line_of(columns, layout, titles, std::vector<Tone>(columns.size(), Tone::strong), look, indent);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::vector<Tone> tones(columns.size(), Tone::plain);
    for (std::size_t i = 0; i < std::min(rows[r].size(), columns.size()); ++i) tones[i] = rows[r][i].tone;
    out += line_of(columns, layout, texts[r], tones, look, indent);
  }
  return out;
}

}  // namespace conclave::locksmith::report
