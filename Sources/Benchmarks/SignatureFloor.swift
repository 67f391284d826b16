import Cryptography
import Dispatch
import Scripting
import Synchronization

/// The signature checks that some validation makes, to be made again by themselves: what no
/// validation can be faster than.
final class SignatureFloor: SignatureVerifier {
    private enum Check {
        case ecdsa(signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256)
        case schnorr(signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256)

        func passes() -> Bool {
            switch self {
            case .ecdsa(let signature, let publicKey, let hash):
                DirectVerifier().verifyECDSA(
                    signature: signature, publicKey: publicKey, hash: hash)
            case .schnorr(let signature, let publicKey, let hash):
                DirectVerifier().verifySchnorr(
                    signature: signature, publicKey: publicKey, hash: hash)
            }
        }
    }

    private let checks = Mutex<[Check]>([])

    /// How many were noted.
    var count: Int { checks.withLock { $0.count } }

    // MARK: Noting

    func verifyECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        note(.ecdsa(signature: signature, publicKey: publicKey, hash: hash))
    }

    func verifySchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool {
        note(.schnorr(signature: signature, publicKey: publicKey, hash: hash))
    }

    private func note(_ check: Check) -> Bool {
        checks.withLock { $0.append(check) }
        return check.passes()
    }

    // MARK: Running

    /// Makes all checks on so many threads.
    func run(threads: Int) -> Measure {
        let checks = checks.withLock { $0 }
        let cursor = Atomic<Int>(0)
        let grab = 16
        return Measure.of {
            DispatchQueue.concurrentPerform(iterations: threads) { _ in
                while true {
                    let start = cursor.add(grab, ordering: .relaxed).oldValue
                    guard start < checks.count else { return }
                    for check in checks[start..<min(start + grab, checks.count)] {
                        _ = check.passes()
                    }
                }
            }
        }
    }
}
