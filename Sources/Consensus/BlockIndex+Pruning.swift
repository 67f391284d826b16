import Primitives

extension BlockIndex {
    /// Notes that the files of these numbers are no longer kept. What was in them stays known, and
    /// would have to be fetched again. Returns which blocks that concerns.
    public mutating func drop(files: Set<Int32>) -> [BlockID] {
        var dropped: [BlockID] = []
        for id in ids {
            let node = self[id]
            guard node.status.hasData || node.status.hasUndo, files.contains(node.file) else {
                continue
            }
            dropData(id)
            dropped.append(id)
            // Once fetched again it waits for its parent anew, if it must.
            if let parent = node.parent, var waiting = unlinked[parent] {
                waiting.removeAll { $0 == id }
                unlinked[parent] = waiting.isEmpty ? nil : waiting
            }
        }
        return dropped
    }

    /// The highest block that each file holds.
    public func highestBlocks() -> [Int32: Int] {
        var heights: [Int32: Int] = [:]
        for node in nodes where node.status.hasData {
            heights[node.file] = max(heights[node.file] ?? 0, node.height)
        }
        return heights
    }

    /// The highest block of the active chain that is not here with its undo data; nil where all are.
    /// Genesis has no undo data and counts as there.
    public var prunedHeight: Int? {
        for height in stride(from: activeHeight, to: 0, by: -1) {
            guard let id = active(at: height) else { return nil }
            let status = status(of: id)
            guard status.hasData, status.hasUndo else { return height }
        }
        return nil
    }

    /// The first block of the active chain that is as late as `time`, or comes after one that is.
    public func earliest(atLeast time: Int64) -> BlockID? {
        var low = 0
        var high = activeHeight + 1
        while low < high {
            let middle = (low + high) / 2
            guard let id = active(at: middle) else { return nil }
            if Int64(self[id].maximumTime) < time { low = middle + 1 } else { high = middle }
        }
        return active(at: low)
    }
}
