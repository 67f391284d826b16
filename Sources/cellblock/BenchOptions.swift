import ArgumentParser
import Foundation
import Genesis

/// What the measuring commands read out of their options alike.
enum BenchOptions {
    /// So many threads; one for each processor where it is 0.
    static func threads(_ option: Int) -> Int {
        option == 0 ? ProcessInfo.processInfo.activeProcessorCount : option
    }

    static func network(_ option: String) throws -> Network {
        guard let network = Network.named(option) else {
            throw ValidationError("There is no network \(option).")
        }
        return network
    }
}
