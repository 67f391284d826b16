import Chain
import Cryptography
import Logging
import Peers
import Primitives
import Wire

/// A block that the chain is judging, and who sent it.
struct HandedBlock: Sendable {
    var block: SubmittedBlock
    var hash: BlockHash
    var sender: PeerID
    var isAsked = false
}

extension PeerNetwork {
    /// So many questions what became of blocks are out at most: one is answered while the chain is
    /// at the next, and each answer tells of all blocks that were judged by then.
    private static let questionLimit = 2

    /// Hands a block to the chain, behind those that were handed in before.
    func submit(
        _ block: Block, of id: PeerID, wasRequested: Bool, isWorkChecked: Bool
    ) {
        let submitted = validator.handIn(
            block: block, force: wasRequested, minimumWorkChecked: isWorkChecked)
        judging.append(HandedBlock(block: submitted, hash: block.hash, sender: id))
        guard questionCount < Self.questionLimit else { return }
        questionCount += 1
        start { await $0.askOfBlocks() }
    }

    /// Asks what became of the blocks handed in, until there are none.
    private func askOfBlocks() async {
        defer { questionCount -= 1 }
        while let place = nextQuestion() {
            judging[place].isAsked = true
            let asked = judging[place]
            do {
                _ = try await validator.report(on: asked.block)
            } catch {
                logger.error("\(error)")
                judging.removeAll { $0.block === asked.block }
                handle(.answered(asked.sender, .failed))
                continue
            }
            await respondToJudged()
        }
    }

    /// The first block where no other question is out, else the last: the chain then has something
    /// to go on with when it has answered the other.
    private func nextQuestion() -> Int? {
        let isFirst = !judging.contains { $0.isAsked }
        return isFirst
            ? judging.indices.first : judging.lastIndex { !$0.isAsked && $0.block.report == nil }
    }

    /// Tells the swarm of all blocks that have been judged, in their order.
    private func respondToJudged() async {
        while let first = judging.first, let report = first.block.report {
            judging.removeFirst()
            await respond(to: report, first.hash, of: first.sender)
        }
    }

    /// Tells the swarm what became of a block.
    private func respond(to report: BlockReport, _ hash: BlockHash, of id: PeerID) async {
        // Nobody is told of tips while the chain is downloaded: the next block need not wait for it.
        if !report.isInitialDownload || !swarm.knows(hash) {
            await readIndex()
            if report.outcome == .connected { await followTip() }
        }
        // One that only lies there may have been found bad with others meanwhile.
        let info = report.outcome == .stored ? await validator.blockInfo(hash) : report.info
        if let info { tell([info]) }
        tell(of: report.invalidated)
        var rejection: BlockRejection?
        if case .rejected(let reason) = report.outcome { rejection = reason }
        let isNew = report.outcome == .connected || report.outcome == .stored
        handle(
            .answered(
                id,
                .block(
                    BlockVerdict(
                        hash: hash, rejection: rejection?.description, blame: Blame(rejection),
                        isNew: isNew))))
    }

    /// Holds to account who sent a block that was kept, and found invalid only now.
    private func tell(of invalidated: [InvalidBlock]) {
        for failure in invalidated {
            tell([failure.info])
            handle(
                .blockFailed(
                    BlockVerdict(
                        hash: failure.info.hash, rejection: failure.rejection.description,
                        blame: Blame(failure.rejection), isNew: false)))
        }
    }
}
