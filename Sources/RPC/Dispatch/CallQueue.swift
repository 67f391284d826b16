/// Does one thing after another, in the order in which they were asked for: for calls that read
/// something, wait, and write it.
actor CallQueue {
    private var last: Task<Void, Never>?

    func run<Answer: Sendable>(
        _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let before = last
        let task = Task { () async throws -> Answer in
            _ = await before?.result
            return try await work()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }
}
