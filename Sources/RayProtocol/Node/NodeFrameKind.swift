/// Kinds of the frames between a client and its node manager; peers use the numbers below 64.
package enum NodeFrameKind: UInt8, Sendable, CaseIterable {
  // Client -> node
  case hello = 64
  case demand, returnLease, blocked, unblocked, retireRefused, defineEnvironment
  case connect, whyDied
  case createActor, actorReady, actorCreated, actorCreationFailed, actorExited, killActor,
    releaseActor, watchActor
  case findActor, listActors
  case resources, nodes
  case freeStored
  case accuse, keepStored

  // Node -> client
  case welcome = 96
  case granted, leased, leaseEnded, leaseRevoked, leaseReclaimRequested, infeasible, demandFailed
  case peer, peerGone, death
  case actorRegistered, actorState, runActor, terminateActorAfterQueue, actorFound, actorList
  case resourcesReply, nodesReply
  case retire, shutdown
  case inherited
}
