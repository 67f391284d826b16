public import Primitives

/// Work a member has shown, on its way to the share log.
public struct ShareCredit: Sendable {
    /// Tells the job from all others of this node since it started.
    public var jobNumber: UInt64
    public var job: ShareJob
    public var name: String
    public var worker: String
    public var work: UInt64
    public var extraNonce: [UInt8]
    public var header: BlockHeader

    public init(
        jobNumber: UInt64, job: ShareJob, name: String, worker: String, work: UInt64,
        extraNonce: [UInt8], header: BlockHeader
    ) {
        self.jobNumber = jobNumber
        self.job = job
        self.name = name
        self.worker = worker
        self.work = work
        self.extraNonce = extraNonce
        self.header = header
    }

    /// As the log keeps it, its job being an entry of that number.
    public func proof(job: UInt64) -> ShareProof {
        ShareProof(
            job: job, name: name, worker: worker, work: work, extraNonce: extraNonce,
            header: header)
    }
}

extension StratumShare {
    public var credit: ShareCredit {
        ShareCredit(
            jobNumber: job.number, job: job.share, name: name, worker: worker, work: work,
            extraNonce: extraNonce, header: header)
    }
}
