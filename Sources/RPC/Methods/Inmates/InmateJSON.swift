import Chain
import Cryptography
import Genesis
import Keys
import Mining
import MiningService
import Notation
import Primitives
import Stratum

/// How members of the roster and what they are paid are shown.
enum InmateJSON {
    static func inmate(_ status: InmateStatus, _ work: InmateWork?) -> JSON {
        var object = JSONObject()
        object.append("name", .string(status.name))
        if let address = status.address { object.append("address", .string(address)) }
        object.append("scriptPubKey", .hex(status.script.bytes))
        object.append("weight", .int(status.weight))
        if !status.isMember { object.append("left", true) }
        object.append("share", .double(status.share))
        object.append("paid", .amount(status.paid.satoshis))
        object.append("immature", .amount(status.immature.satoshis))
        object.append("mature", .amount(status.mature.satoshis))
        object.append("orphaned", .amount(status.orphaned.satoshis))
        object.append("payouts", .int(status.payouts))
        // Rounded towards zero; the exact figure follows.
        object.append("owed", .amount(status.balance / 1000))
        object.append("owedmsat", .int(status.balance))
        let work = work ?? InmateWork()
        object.append("miners", .int(work.miners))
        object.append("hashespersecond", .double(work.hashesPerSecond))
        object.append("shares", .int(work.shares))
        object.append("sharework", .int(work.work))
        return .object(object)
    }

    static func record(_ record: PayoutRecord, _ network: Network) -> JSON {
        var object = JSONObject()
        object.append("name", .string(record.name))
        if let address = Address(record.script) {
            object.append("address", .string(address.text(on: network)))
        }
        object.append("amount", .amount(record.amount.satoshis))
        object.append("status", .string(record.status.rawValue))
        object.append("height", .int(record.height))
        object.append("confirmations", .int(record.confirmations))
        if let block = record.block { object.append("blockhash", .string(block.displayHex)) }
        if let txid = record.txid { object.append("txid", .string(txid.displayHex)) }
        object.append("vout", .int(record.output))
        if let flaw = record.flaw { append(flaw, to: &object) }
        if record.status == .immature {
            // The height of the tip from which on it can be spent.
            object.append("maturesat", .int(record.height + network.consensus.coinbaseMaturity - 1))
        }
        return .object(object)
    }

    /// Why the ledger does not follow a block.
    static func append(_ flaw: PayoutFlaw, to object: inout JSONObject) {
        object.append("flaw", .string(flaw.name))
        if let reason = flaw.reason { object.append("reason", .string(reason)) }
    }

    static func payout(_ payout: PayoutSplit.Payout, _ network: Network) -> JSON {
        var object = JSONObject()
        if !payout.name.isEmpty { object.append("name", .string(payout.name)) }
        if let address = Address(payout.script) {
            object.append("address", .string(address.text(on: network)))
        }
        object.append("scriptPubKey", .hex(payout.script.bytes))
        object.append("amount", .amount(payout.amount.satoshis))
        object.append("purpose", .string(payout.purpose.rawValue))
        return .object(object)
    }

    static func ledger(_ ledger: PayoutLedger) -> JSON {
        var balances = JSONObject()
        for account in ledger.accounts { balances.append(account.name, .int(account.balance)) }
        return ["root": .string(ledger.root.hex), "balances": .object(balances)]
    }
}

/// The work a member's machines have shown at this node.
struct InmateWork {
    /// Machines that are logged in.
    var miners = 0
    var hashesPerSecond = 0.0
    /// Among the newest shares of the log.
    var shares = 0
    var work: UInt64 = 0
}

extension RPCContext {
    /// By the bytes of the member's name; empty in a node that keeps no shares.
    func work() -> [[UInt8]: InmateWork] {
        var work: [[UInt8]: InmateWork] = [:]
        for total in miner?.shares?.totals ?? [] {
            let name = Array(total.name.utf8)
            work[name, default: InmateWork()].shares = total.shares
            work[name, default: InmateWork()].work = total.work
        }
        for client in stratum?.list() ?? [] {
            let name = Array(client.name.utf8)
            work[name, default: InmateWork()].miners += 1
            work[name, default: InmateWork()].hashesPerSecond += client.hashesPerSecond
        }
        return work
    }

    /// Answers errors of the miner, of rosters and of splits as what was asked for wrongly.
    func mining<Value: Sendable>(
        _ body: (Miner) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(requiredMiner())
        } catch let error as MinerError {
            throw RPCError.misc(error.description)
        } catch let error as PayoutError {
            throw RPCError.invalidParameter(error.description)
        }
    }
}
