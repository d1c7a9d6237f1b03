public import RayProtocol

/// Who and where the running code is; Ray's runtime context.
public struct RuntimeContext: Sendable {
  public var jobID: JobID
  public var nodeID: NodeID
  public var workerID: WorkerID
  /// Nil outside a remote function.
  public var taskID: TaskID?
  /// Nil outside an actor.
  public var actorID: ActorID?
  /// Name of the running function or method.
  public var taskName: String?
  public var actorName: String?
  public var namespace: String
  /// What the task or actor was given, in units; GPU ids are in ``gpuIDs``.
  public var assignedResources: [String: Double]
  /// The devices this task may use; also in `CUDA_VISIBLE_DEVICES`.
  public var gpuIDs: [Int]
  /// 1 for the first attempt of the task.
  public var attempt: Int
  /// True in an actor that was started again after its process died.
  public var wasCurrentActorReconstructed: Bool

  package init(jobID: JobID, nodeID: NodeID, workerID: WorkerID, namespace: String) {
    self.jobID = jobID
    self.nodeID = nodeID
    self.workerID = workerID
    self.namespace = namespace
    assignedResources = [:]
    gpuIDs = []
    attempt = 1
    wasCurrentActorReconstructed = false
  }
}
