extension RPCContext {
    /// Does what may take long, in a task that is cancelled once the node is to stop.
    func endingAtStop<Answer: Sendable>(
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let stopping = stopping
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await stopping()
                return nil
            }
            // Where the stop comes first, the answer is what the work makes of it.
            while let first = try await group.next() {
                group.cancelAll()
                if let first { return first }
            }
            throw RPCError.notConnected("Shutting down")
        }
    }
}
