import Chain
import Consensus
import Foundation
import Genesis
import Keys
import Primitives
import Scripting
import TestSupport
import Testing
import Wallets

@Suite("Wallets")
struct WalletTests {
    private let coin = Amount.coin

    @Test("A mined coin is immature for a hundred blocks, then trusted")
    func maturity() async throws {
        let node = try await WalletHarness()
        let wallet = try await node.store.create(name: "ana")
        let address = try await wallet.newAddress()
        try await node.mine(1, to: address.script)
        try await node.mine(99)
        let before = try await wallet.balance()
        #expect(before.immature == Amount(satoshis: 50 * coin.satoshis))
        #expect(before.trusted == .zero)
        #expect(before.asOf?.height == 100)
        try await node.mine(1)
        let after = try await wallet.balance()
        #expect(after.immature == .zero)
        #expect(after.trusted == Amount(satoshis: 50 * coin.satoshis))
    }

    @Test(
        "A payment is pending at the payee, its change trusted at the payer, until it is mined",
        arguments: AddressType.allCases)
    func payment(_ type: AddressType) async throws {
        let node = try await WalletHarness()
        let ana = try await node.store.create(name: "ana")
        let beto = try await node.store.create(name: "beto")
        try await node.mine(1, to: ana.newAddress(type).script)
        try await node.mine(100)

        let target = try await beto.newAddress(type, label: "rent")
        let draft = try await ana.send([Payment(to: target, amount: coin)])
        #expect(draft.isComplete)
        let pending = try await beto.balance()
        #expect(pending.pending == coin)
        #expect(pending.trusted == .zero)
        let rest = Amount(satoshis: 49 * coin.satoshis) - draft.fee
        #expect(try await ana.balance().trusted == rest)
        // The rate of the harness is 2 sat/vB; a low-R signature may be a byte shorter.
        let size = Int64(draft.transaction.virtualSize)
        #expect((2 * size...2 * size + 4).contains(draft.fee.satoshis))

        try await node.mine(1)
        #expect(try await beto.balance().trusted == coin)
        #expect(try await ana.balance().trusted == rest)
        let view = try #require(try await beto.transaction(draft.transaction.txid))
        #expect(view.depth == 1)
        #expect(view.outputs.first(where: \.isMine)?.label == "rent")
        // What was received can be spent on.
        let back = try await beto.send([
            Payment(to: try await ana.newAddress(), amount: coin, subtractsFee: true)
        ])
        #expect(back.isComplete && back.changePosition == nil)
        // The payee bears the whole fee, also where there is change.
        let borne = try await ana.send([
            Payment(to: target, amount: coin, subtractsFee: true)
        ])
        #expect(borne.changePosition != nil)
        let place = try #require(
            borne.transaction.outputs.firstIndex { $0.script == target.script })
        #expect(borne.transaction.outputs[place].value == coin - borne.fee)
        #expect(try await beto.balance().trusted == .zero)
    }

    @Test("A reorganisation takes rewards back, and payments wait to be mined again")
    func reorganisation() async throws {
        let node = try await WalletHarness()
        let wallet = try await node.store.create(name: "ana")
        let other = try await node.store.create(name: "beto")
        let script = try await wallet.newAddress().script
        try await node.mine(1, to: script)
        try await node.mine(100)
        let draft = try await wallet.send([
            Payment(to: try await other.newAddress(), amount: coin)
        ])
        let mined = try await node.mine(1, to: script)
        #expect(try await wallet.balance().immature > .zero)
        #expect(try await other.balance().trusted == coin)

        let fork = try #require(mined.first)
        _ = try await node.validator.invalidate(fork)
        #expect(try await wallet.balance().immature == .zero)
        let balance = try await other.balance()
        #expect(balance.trusted == .zero)
        #expect(balance.pending == coin)
        #expect(balance.asOf?.height == 101)
        try await node.mine(2)
        #expect(try await other.balance().trusted == coin)
        #expect(try await other.transaction(draft.transaction.txid)?.depth == 2)
        let orphan = try await wallet.transactions().first { $0.confirmation == nil }
        #expect(orphan?.transaction.isCoinbase == true)
        #expect(orphan?.isAbandoned == true)
    }

    @Test("A wallet that is opened again, or restored from its words, holds the same")
    func restoring() async throws {
        let node = try await WalletHarness()
        let wallet = try await node.store.create(name: "ana")
        for type in AddressType.allCases {
            try await node.mine(1, to: wallet.newAddress(type, label: type.rawValue).script)
        }
        try await node.mine(100)
        _ = try await wallet.send([
            Payment(to: .payToAnchor, amount: coin)
        ])
        let balance = try await wallet.fullBalance()
        let words = try await wallet.mnemonic()
        let next = try await wallet.newAddress()
        let labels = await wallet.labels()
        try await node.store.unload(name: "ana")
        await #expect(throws: WalletError.self) { try await wallet.newAddress() }

        let store = node.reopenedStore()
        #expect(await store.directoryNames() == ["ana"])
        let again = try await store.load(name: "ana")
        #expect(try await again.fullBalance() == balance)
        #expect(await again.labels() == labels)
        #expect(try await again.newAddress() != next)

        var creation = WalletCreation()
        creation.mnemonic = words
        let restored = try await store.create(name: "copy", creation)
        #expect(try await restored.fullBalance() == balance)
        #expect(try await restored.newAddress(.bech32m) == again.newAddress(.bech32m))
    }

    @Test("What cannot be paid is refused in Core's words, and changes nothing")
    func shortage() async throws {
        let node = try await WalletHarness()
        let wallet = try await node.store.create(name: "ana")
        let target = try await wallet.newAddress()
        await #expect(throws: WalletError.insufficientFunds("Insufficient funds")) {
            try await wallet.send([Payment(to: target, amount: .coin)])
        }
        try await node.mine(1, to: target.script)
        try await node.mine(100)
        let all = Amount(satoshis: 50 * coin.satoshis)
        let error = await #expect(throws: WalletError.self) {
            try await wallet.send([Payment(to: target, amount: all)])
        }
        #expect(
            error?.message.hasPrefix("The total exceeds your balance when the 0.00000") == true)
        await #expect(throws: WalletError.insufficientFunds("Transaction amount too small")) {
            try await wallet.send([Payment(to: target, amount: Amount(satoshis: 100))])
        }
        #expect(try await wallet.balance().trusted == all)
        #expect(await wallet.transactionCount == 1)
    }

    @Test("A locked coin is not spent")
    func locks() async throws {
        let node = try await WalletHarness()
        let wallet = try await node.store.create(name: "ana")
        try await node.mine(1, to: wallet.newAddress().script)
        try await node.mine(100)
        let coins = try await wallet.unspent()
        try await wallet.lock(coins.map(\.point), isKept: true)
        let target = try await wallet.newAddress()
        await #expect(throws: WalletError.insufficientFunds("Insufficient funds")) {
            try await wallet.send([Payment(to: target, amount: .coin)])
        }
        try await wallet.unlock(nil)
        try await wallet.send([Payment(to: target, amount: .coin)])
    }

    @Test("Two payments at once spend different coins")
    func concurrentPayments() async throws {
        let node = try await WalletHarness()
        let wallet = try await node.store.create(name: "ana")
        try await node.mine(5, to: wallet.newAddress().script)
        try await node.mine(100)
        let target = try await wallet.newAddress()
        let amount = Amount(satoshis: 40 * coin.satoshis)
        let spent = try await withThrowingTaskGroup(of: [OutPoint].self) { group in
            for _ in 0..<5 {
                group.addTask {
                    try await wallet.send([Payment(to: target, amount: amount)])
                        .transaction.inputs.map(\.outPoint)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(spent).count == spent.count)
        #expect(try await wallet.transactions().filter { $0.isInMempool }.count == 5)
    }

    @Test("Reading again from before the blocks that are here is refused, and changes nothing")
    func pruned() async throws {
        let node = try await WalletHarness {
            $0.maximumBlockFileSize = 4096
            $0.pruneAfterHeight = 100
            $0.prune = .manual
        }
        let wallet = try await node.store.create(name: "ana")
        try await node.mine(1, to: wallet.newAddress().script)
        try await node.mine(320)
        let balance = try await wallet.fullBalance()
        try await node.validator.prune(upTo: 320)
        let height = try #require(await node.validator.prunedHeight)
        for rescan in [0, height] {
            let error = await #expect(throws: WalletError.self) {
                try await wallet.rescan(fromHeight: rescan)
            }
            #expect(error?.code == -1)
            #expect(try await wallet.fullBalance() == balance)
        }
        try await wallet.rescan(fromHeight: height + 1)
        #expect(try await wallet.fullBalance() == balance)
        try await node.store.unload(name: "ana")
        let again = try await node.reopenedStore().load(name: "ana")
        #expect(try await again.fullBalance() == balance)
    }

    @Test(
        "Where a wallet cannot be made nothing is left behind, and nothing taken of what was there")
    func failedCreation() async throws {
        let node = try await WalletHarness()
        let folder = node.folder.path + "/wallets"
        // Restored, it must read the chain, which a node about to end does not.
        let words = try Mnemonic(entropy: [UInt8](repeating: 7, count: 16))
        try await node.mine(3)
        node.stop.isSet = true
        var creation = WalletCreation()
        creation.mnemonic = words
        await #expect(throws: WalletError.self) {
            try await node.store.create(name: "ana", creation)
        }
        node.stop.isSet = false
        #expect(!FileManager.default.fileExists(atPath: folder + "/ana"))
        #expect(await node.store.directoryNames() == [])

        // Where the write-ahead log belongs there is something else.
        let foreign = folder + "/beto/wallet.db-wal"
        try FileManager.default.createDirectory(
            atPath: foreign, withIntermediateDirectories: true)
        await #expect(throws: (any Error).self) { try await node.store.create(name: "beto") }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder + "/beto")
                == ["wallet.db-wal"])
        try FileManager.default.removeItem(atPath: foreign)

        for name in ["ana", "beto"] {
            let wallet = try await node.store.create(name: name, creation)
            #expect(await wallet.lastBlock?.height == 3)
        }
        #expect(await node.store.directoryNames() == ["ana", "beto"])
    }

    @Test("A wallet of a node about to end reads no further, and the next start reads the rest")
    func stopping() async throws {
        let node = try await WalletHarness()
        let wallet = try await node.store.create(name: "ana")
        try await node.mine(1, to: wallet.newAddress().script)
        try await node.mine(120)
        let balance = try await wallet.fullBalance()
        node.stop.isSet = true
        #expect(try await wallet.fullBalance() == balance)
        let error = await #expect(throws: WalletError.self) {
            try await wallet.rescan(fromHeight: 0)
        }
        #expect(error?.code == -1)
        let height = await wallet.lastBlock?.height ?? 0
        #expect(height < 60)
        try await node.store.unload(name: "ana")
        node.stop.isSet = false
        let again = try await node.reopenedStore().load(name: "ana")
        #expect(try await again.fullBalance() == balance)
    }

    @Test("A descriptor is renewed only with a range that holds the one it has")
    func renewing() async throws {
        let node = try await WalletHarness()
        var creation = WalletCreation()
        creation.disablesPrivateKeys = true
        let wallet = try await node.store.create(name: "ana", creation)
        let descriptor = try Descriptor(
            "wpkh(tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B/0/*)",
            network: .regtest)
        // The keys ahead of the next one, 20 here, are watched in any case.
        try await wallet.add(DescriptorImport(descriptor, range: 10..<50, timestamp: 0))
        for range: Range<UInt32> in [11..<50, 10..<49, 2_000_000_000..<2_000_000_010] {
            let error = await #expect(throws: WalletError.self) {
                try await wallet.add(DescriptorImport(descriptor, range: range, timestamp: 0))
            }
            #expect(error?.code == -4)
            #expect(
                error?.message.hasSuffix("new range must include current range = [10,49]") == true)
        }
        try await wallet.add(DescriptorImport(descriptor, range: 5..<60, timestamp: 0))
        let renewed = try await wallet.descriptors(showsPrivateKeys: false)
        #expect(renewed.first?.range == 5...59)
    }

    @Test("Of several wallets one must be named, and a missing one is missed")
    func naming() async throws {
        let node = try await WalletHarness()
        await #expect(throws: WalletError.self) { try await node.store.wallet(named: nil) }
        try await node.store.create(name: "ana")
        #expect(try await node.store.wallet(named: nil).name == "ana")
        try await node.store.create(name: "beto")
        await #expect(throws: WalletError.notSpecified) {
            try await node.store.wallet(named: nil)
        }
        let error = await #expect(throws: WalletError.self) {
            try await node.store.create(name: "ana")
        }
        #expect(error?.code == -4)
        for name in ["../out", "a/b", "..", "."] {
            await #expect(throws: WalletError.self) { try await node.store.create(name: name) }
        }
    }
}
