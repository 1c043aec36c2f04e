#include "interval_tree.hpp"

#include <algorithm>
#include <compare>
#include <utility>

#include "conclave/base/assert.hpp"

namespace conclave::mvcc {

struct IntervalTree::Node {
  Interval interval;
  std::vector<std::uint64_t> values;
  NodePtr left;
  NodePtr right;
  int height = 1;
  const Node* furthest = this;  // the node of this subtree whose interval ends last
};

namespace {

using Node = IntervalTree::Node;
using NodePtr = IntervalTree::NodePtr;

bool ends_before(const Interval& one, const Interval& other) { return one.end && (!other.end || *one.end < *other.end); }

std::strong_ordering order(const Interval& one, const Interval& other) {
  if (const auto by_begin = one.begin <=> other.begin; by_begin != 0) return by_begin;
  if (ends_before(one, other)) return std::strong_ordering::less;
  return ends_before(other, one) ? std::strong_ordering::greater : std::strong_ordering::equal;
}

int height(const NodePtr& node) { return node ? node->height : 0; }

void refresh(Node& node) {
  node.height = 1 + std::max(height(node.left), height(node.right));
  node.furthest = &node;
  for (const Node* child : {node.left.get(), node.right.get()}) {
    if (child != nullptr && ends_before(node.furthest->interval, child->furthest->interval)) node.furthest = child->furthest;
  }
}

void rotate_right(NodePtr& top) {
  NodePtr up = std::move(top->left);
  top->left = std::move(up->right);
  refresh(*top);
  up->right = std::move(top);
  top = std::move(up);
  refresh(*top);
}

void rotate_left(NodePtr& top) {
  NodePtr up = std::move(top->right);
  top->right = std::move(up->left);
  refresh(*top);
  up->left = std::move(top);
  top = std::move(up);
  refresh(*top);
}

// The subtrees of `top` are balanced and differ by at most two in height.
void rebalance(NodePtr& top) {
  const int lean = height(top->left) - height(top->right);
  if (lean > 1) {
    if (height(top->left->left) < height(top->left->right)) rotate_left(top->left);
    rotate_right(top);
  } else if (lean < -1) {
    if (height(top->right->right) < height(top->right->left)) rotate_right(top->right);
    rotate_left(top);
  } else {
    refresh(*top);
  }
}

void insert_below(NodePtr& top, Interval&& interval, std::uint64_t value) {
  if (!top) {
    top = std::make_unique<Node>();
    top->interval = std::move(interval);
    top->values.push_back(value);
    return;
  }
  const auto side = order(interval, top->interval);
  if (side == 0) {
    top->values.push_back(value);
    return;
  }
  insert_below(side < 0 ? top->left : top->right, std::move(interval), value);
  rebalance(top);
}

NodePtr take_first(NodePtr& top) {
  if (top->left) {
    NodePtr first = take_first(top->left);
    rebalance(top);
    return first;
  }
  NodePtr first = std::move(top);
  top = std::move(first->right);
  return first;
}

void remove_top(NodePtr& top) {
  if (!top->left || !top->right) {
    NodePtr child = std::move(top->left ? top->left : top->right);
    top = std::move(child);
    return;
  }
  NodePtr heir = take_first(top->right);
  heir->left = std::move(top->left);
  heir->right = std::move(top->right);
  top = std::move(heir);
  rebalance(top);
}

void erase_below(NodePtr& top, const Interval& interval, std::uint64_t value) {
  CONCLAVE_ASSERT(top != nullptr);
  const auto side = order(interval, top->interval);
  if (side != 0) {
    erase_below(side < 0 ? top->left : top->right, interval, value);
    rebalance(top);
    return;
  }
  const auto place = std::find(top->values.begin(), top->values.end(), value);
  CONCLAVE_ASSERT(place != top->values.end());
  top->values.erase(place);
  if (top->values.empty()) remove_top(top);
}

void find_below(const Node* top, ByteView key, std::vector<std::uint64_t>& found) {
  if (top == nullptr) return;
  const auto& reach = top->furthest->interval.end;
  if (reach && *reach <= key) return;  // everything here ends too early
  find_below(top->left.get(), key, found);
  if (top->interval.begin > key) return;  // this and everything to the right begin too late
  if (top->interval.contains(key)) found.insert(found.end(), top->values.begin(), top->values.end());
  find_below(top->right.get(), key, found);
}

void check_below(const Node* top) {
  if (top == nullptr) return;
  check_below(top->left.get());
  check_below(top->right.get());
  CONCLAVE_ASSERT(!top->values.empty());
  CONCLAVE_ASSERT(top->height == 1 + std::max(height(top->left), height(top->right)));
  CONCLAVE_ASSERT(std::abs(height(top->left) - height(top->right)) <= 1);
  CONCLAVE_ASSERT(!ends_before(top->furthest->interval, top->interval));
  if (top->left) {
    CONCLAVE_ASSERT(order(top->left->interval, top->interval) < 0);
    CONCLAVE_ASSERT(!ends_before(top->furthest->interval, top->left->furthest->interval));
  }
  if (top->right) {
    CONCLAVE_ASSERT(order(top->right->interval, top->interval) > 0);
    CONCLAVE_ASSERT(!ends_before(top->furthest->interval, top->right->furthest->interval));
  }
}

}  // namespace

Interval Interval::of_prefix(ByteView prefix) {
  Interval interval{std::string(prefix), std::string(prefix)};
  std::string& end = *interval.end;
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) {
    interval.end.reset();
  } else {
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  }
  return interval;
}

IntervalTree::IntervalTree() = default;
IntervalTree::~IntervalTree() = default;

void IntervalTree::insert(Interval interval, std::uint64_t value) { insert_below(root_, std::move(interval), value); }

void IntervalTree::erase(const Interval& interval, std::uint64_t value) { erase_below(root_, interval, value); }

void IntervalTree::find(ByteView key, std::vector<std::uint64_t>& found) const { find_below(root_.get(), key, found); }

void IntervalTree::check_invariants() const { check_below(root_.get()); }

}  // namespace conclave::mvcc
