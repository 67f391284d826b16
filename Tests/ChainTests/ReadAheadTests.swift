import Chain
import Dispatch
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Elements made ahead of who takes them") struct ReadAheadTests {
    /// What happened on both sides, in an order that both agree on.
    private final class Record: Sendable {
        private struct State {
            var handed = 0
            var begun = 0
            /// For each element, how many had been asked for by the time it had its room.
            var asked: [Int] = []
        }

        private let state = Mutex(State())
        let changed = DispatchSemaphore(value: 0)

        func handed() {
            state.withLock {
                $0.handed += 1
                $0.asked.append($0.begun)
            }
            changed.signal()
        }

        func begin() { state.withLock { $0.begun += 1 } }
        var asked: [Int] { state.withLock { $0.asked } }
        var handedCount: Int { state.withLock { $0.handed } }
    }

    private func reader(
        _ costs: [Int], limit: Int, _ record: Record = Record(), failing error: StorageError? = nil
    ) -> ReadAhead<Int> {
        ReadAhead(limit: limit, cost: { costs[$0] }) { hand throws(StorageError) in
            for number in costs.indices {
                guard hand(number) else { return }
                record.handed()
            }
            if let error { throw error }
        }
    }

    @Test("They come in the order they were made, and none is lost at the end")
    func order() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let costs = (0..<2000).map { _ in Int.random(in: 0...12, using: &random) }
        let reader = reader(costs, limit: 10)
        var taken: [Int] = []
        while let number = try reader.next() {
            taken.append(number)
            if Int.random(in: 0..<200, using: &random) == 0 { usleep(1000) }
        }
        #expect(taken == Array(costs.indices), "seed \(seed)")
        #expect(try reader.next() == nil)
        #expect(try reader.next() == nil)
    }

    @Test("No more wait than the limit allows, however slow who takes them is")
    func limit() throws {
        let record = Record()
        let reader = reader(Array(repeating: 3, count: 40), limit: 10, record)
        for _ in 0..<3 { record.changed.wait() }
        // A chance to break the rule.
        usleep(50_000)
        #expect(record.handedCount == 3)
        record.begin()
        while try reader.next() != nil {
            usleep(500)
            record.begin()
        }
        #expect(record.handedCount == 40)
        // The fourth waits until the first is asked for, and so on.
        for (number, asked) in record.asked.enumerated() {
            #expect(asked >= number - 2, "element \(number)")
        }
    }

    @Test("One that is larger than the limit passes, alone")
    func large() throws {
        let record = Record()
        let reader = reader([1, 50, 1, 1], limit: 10, record)
        record.changed.wait()
        usleep(50_000)
        #expect(record.handedCount == 1)
        var taken: [Int] = []
        record.begin()
        while let number = try reader.next() {
            taken.append(number)
            usleep(5000)
            record.begin()
        }
        #expect(taken == [0, 1, 2, 3])
        // It has no room before the one before it is asked for, nor leaves any to the one behind it.
        #expect(record.asked[1] >= 1)
        #expect(record.asked[2] >= 2)
    }

    @Test("An error comes after the elements before it, and again to who goes on asking")
    func error() throws {
        let failure = StorageError(path: "blk00000.dat", reason: "cannot be read")
        let reader = reader([1, 1, 1], limit: 10, failing: failure)
        usleep(20_000)
        for number in 0..<3 { #expect(try reader.next() == number) }
        for _ in 0..<2 {
            #expect(throws: failure) { try reader.next() }
        }
    }

    @Test(
        "With its reader the making ends, whether or not it waits for room",
        arguments: [1, 1 << 40])
    func abandoned(limit: Int) throws {
        let ended = DispatchSemaphore(value: 0)
        var reader: ReadAhead<Int>? = ReadAhead(limit: limit, cost: { _ in 1 }) { hand in
            var number = 0
            while hand(number) {
                number += 1
                // Without a limit it must not fill the memory meanwhile.
                if number > 1000 { usleep(100) }
            }
            ended.signal()
        }
        #expect(try reader?.next() == 0)
        #expect(try reader?.next() == 1)
        // A chance to come to where it waits.
        usleep(50_000)
        reader = nil
        #expect(ended.wait(timeout: .now() + 60) == .success)
    }
}
