#include "view_cursor.hpp"

#include <algorithm>
#include <optional>

namespace conclave::mvcc {
namespace {

using OverlayRow = std::pair<std::string, KeyValuePtr>;

std::size_t overlay_bound(const HistoryOverlay& overlay, ByteView key) {
  const auto found = std::lower_bound(overlay.rows.begin(), overlay.rows.end(), key,
                                      [](const OverlayRow& row, ByteView k) { return ByteView(row.first) < k; });
  return static_cast<std::size_t>(found - overlay.rows.begin());
}

/// The value at the start of the window or at view.at, whichever is later: what is known without the overlay.
KeyValuePtr value_without_overlay(const KeyView& view, ByteView key) {
  if (view.history != nullptr) {
    if (const Chain* chain = view.history->chain(key)) {
      if (const Chain::Change* change = chain->first_after(view.at)) return change->prev;
    }
  }
  return view.keys.find(key);
}

}  // namespace

ViewCursor::ViewCursor(const KeyView& view, const KeySelector& selection)
    : view_(view), selection_(selection), now_(view.keys.lower_bound(selection.begin)) {
  if (view_.history != nullptr) chain_ = view_.history->chains().lower_bound(selection.begin);
  if (view_.overlay != nullptr) overlay_ = overlay_bound(*view_.overlay, selection.begin);
  settle();
}

ViewCursor::Sources ViewCursor::sources() const {
  Sources found;
  if (!view_.keys.at_end(now_)) found.now = &view_.keys.at(now_);
  if (view_.history != nullptr && chain_ != view_.history->chains().end()) found.chain = chain_->get();
  if (view_.overlay != nullptr && overlay_ < view_.overlay->rows.size()) found.overlay = &view_.overlay->rows[overlay_];
  return found;
}

void ViewCursor::settle() {
  const Sources next = sources();
  std::optional<ByteView> lowest;
  const auto consider = [&](ByteView key) { lowest = lowest ? std::min(*lowest, key) : key; };
  if (next.now != nullptr) consider((*next.now)->key());
  if (next.chain != nullptr) consider(next.chain->key());
  if (next.overlay != nullptr) consider(next.overlay->first);
  done_ = !lowest || past_selection(selection_, *lowest);
  if (done_) return;

  key_ = *lowest;
  value_ = next.now != nullptr && (*next.now)->key() == key_ ? *next.now : nullptr;
  if (next.chain != nullptr && next.chain->key() == key_) {
    if (const Chain::Change* change = next.chain->first_after(view_.at)) value_ = change->prev;
  }
  if (next.overlay != nullptr && next.overlay->first == key_) value_ = next.overlay->second;
}

void ViewCursor::next() {
  const Sources here = sources();
  if (here.now != nullptr && (*here.now)->key() == key_) now_ = view_.keys.next(now_);
  if (here.chain != nullptr && here.chain->key() == key_) ++chain_;
  if (here.overlay != nullptr && here.overlay->first == key_) ++overlay_;
  settle();
}

KeyValuePtr value_in(const KeyView& view, ByteView key) {
  if (view.overlay != nullptr) {
    const std::size_t place = overlay_bound(*view.overlay, key);
    if (place < view.overlay->rows.size() && view.overlay->rows[place].first == key) return view.overlay->rows[place].second;
  }
  return value_without_overlay(view, key);
}

std::uint64_t count_in(const KeyView& view, const KeySelector& selection) {
  if (selection.kind == KeySelector::Kind::single) return value_in(view, selection.begin) ? 1 : 0;
  std::int64_t count = static_cast<std::int64_t>(view.keys.count(selection));
  if (view.history == nullptr) return static_cast<std::uint64_t>(count);
  const Revision oldest = view.history->oldest().value_or(Revision{});
  const Revision known = view.history->empty() ? view.at : std::max(view.at, oldest.prev());
  count -= view.history->growth_since(known, selection);
  if (view.overlay != nullptr) {
    for (std::size_t i = overlay_bound(*view.overlay, selection.begin); i < view.overlay->rows.size(); ++i) {
      const OverlayRow& row = view.overlay->rows[i];
      if (past_selection(selection, row.first)) break;
      count += (row.second ? 1 : 0) - (value_without_overlay(view, row.first) ? 1 : 0);
    }
  }
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0));
}

}  // namespace conclave::mvcc
