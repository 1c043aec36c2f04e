#pragma once

#include "conclave/base/strong_id.hpp"

/// The ids that more than one layer speaks of. docs/glossary.md says what each word means.
namespace conclave {

/// A server of the cluster. Never zero; unique within the cluster.
using MemberId = StrongId<struct MemberIdTag>;
/// The life of one data directory: random, drawn when the directory is created. Zero means "not known yet".
using Incarnation = StrongId<struct IncarnationTag>;
/// Names a cluster on every link; derived from the cluster token and the initial membership.
using ClusterId = StrongId<struct ClusterIdTag>;
/// Counts leaders.
using Term = StrongId<struct TermTag>;
/// Counts log entries. The first entry has index 1.
using Index = StrongId<struct IndexTag>;
/// Counts changes of the keyspace. 0 is the empty keyspace; the first change makes revision 1.
using Revision = StrongId<struct RevisionTag>;
/// A lease, and so a session (a session is a lease with request memory). Zero means "no lease".
using LeaseId = StrongId<struct LeaseIdTag>;
/// Numbers the requests of one session, from 1. Zero means "without a session".
using RequestSeq = StrongId<struct RequestSeqTag>;
/// The version of the replicated state machine's rules.
using MachineVersion = StrongId<struct MachineVersionTag>;

}  // namespace conclave
