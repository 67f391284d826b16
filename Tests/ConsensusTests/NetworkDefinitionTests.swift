import Cryptography
import Genesis
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Network definitions") struct NetworkDefinitionTests {
    @Test("Every compiled-in definition reads, and answers to its names")
    func builtIn() throws {
        #expect(
            Network.all.map(\.name) == [
                "mainnet", "testnet3", "testnet4", "signet", "regtest", "yard",
            ])
        for network in Network.all {
            #expect(Network.named(network.name) == network)
            #expect(Network.named(network.chainName) == network)
            #expect(Network.definition(named: network.name) != nil)
        }
        #expect(Network.named("moon") == nil)
        #expect(Network.mainnet.dataFolder == "")
        #expect(Network.testnet3.dataFolder == "testnet3")
        #expect(Network.regtest.dataFolder == "regtest")
    }

    @Test("The values are Bitcoin Core's", .enabled(if: Vectors.isPresent))
    func valuesOfCore() throws {
        let chains = try Vectors.json("core-extracted/chainparams.json")
        for name in ["main", "test", "testnet4", "signet", "regtest"] {
            let network = try #require(Network.named(name))
            let core = try #require(chains[name])
            let rules = network.consensus
            #expect(network.chainName == name)
            #expect(core["default_p2p_port"]?.int == Int64(network.port))
            #expect(core["rpc_default_port"]?.int == Int64(network.rpcPort))
            #expect(core["message_start"]?.stringValue == Hex.encode(network.magic))
            #expect(core["prune_after_height"]?.int == Int64(network.pruneAfterHeight))
            #expect(core["genesis_hash"]?.stringValue == network.genesisHash.displayHex)
            #expect(core["genesis_block_hex"]?.stringValue == Hex.encode(network.genesis.bytes))
            #expect(core["subsidy_halving_interval"]?.int == Int64(rules.halvingInterval))
            #expect(core["bip34_height"]?.int == Int64(rules.bip34Height))
            #expect(core["bip34_hash"]?.stringValue == rules.bip34Hash?.displayHex)
            #expect(core["bip65_height"]?.int == Int64(rules.bip65Height))
            #expect(core["bip66_height"]?.int == Int64(rules.bip66Height))
            #expect(core["csv_height"]?.int == Int64(rules.csvHeight))
            #expect(core["segwit_height"]?.int == Int64(rules.segwitHeight))
            #expect(core["min_bip9_warning_height"]?.int == Int64(rules.minimumWarningHeight))
            #expect(core["pow_limit"]?.stringValue == rules.powLimit.hex)
            #expect(core["pow_target_timespan"]?.int == rules.timespan)
            #expect(core["pow_target_spacing"]?.int == rules.spacing)
            #expect(
                core["allow_min_difficulty_blocks"]?.bool == rules.allowsMinimumDifficulty)
            #expect(core["enforce_bip94"]?.bool == rules.enforcesBIP94)
            #expect(core["no_retargeting"]?.bool == (rules.retargeting == .none))
            #expect(
                (core["minimum_chain_work"]?.stringValue ?? UInt256.zero.hex)
                    == rules.minimumChainWork.hex)
            #expect(
                core["default_assume_valid"]?.stringValue == rules.assumeValid?.displayHex)
            #expect(core["bech32_hrp"]?.stringValue == network.addresses.hrp)
            #expect(
                core["signet_challenge"]?.stringValue
                    == rules.signetChallenge.map { Hex.encode($0) })
            let base58 = try #require(core["base58"])
            func bytes(_ key: String) -> [UInt8]? {
                base58[key]?.array?.compactMap { $0.int.map(UInt8.init) }
            }
            #expect(bytes("PUBKEY_ADDRESS") == [network.addresses.pubKeyHash])
            #expect(bytes("SCRIPT_ADDRESS") == [network.addresses.scriptHash])
            #expect(bytes("SECRET_KEY") == [network.addresses.secretKey])
            #expect(bytes("EXT_PUBLIC_KEY") == network.addresses.extendedPublicKey)
            #expect(bytes("EXT_SECRET_KEY") == network.addresses.extendedSecretKey)
            let pinned = core["assumeutxo"]?.array ?? []
            #expect(pinned.count == network.snapshots.count)
            for (theirs, ours) in zip(pinned, network.snapshots) {
                #expect(theirs["height"]?.int == Int64(ours.height))
                #expect(theirs["blockhash"]?.stringValue == ours.block.displayHex)
                #expect(theirs["hash_serialized_3"]?.stringValue == ours.coinsHash.displayHex)
                #expect(theirs["chain_tx_count"]?.int == Int64(ours.transactionCount))
            }
            let exceptions = try #require(core["script_flag_exceptions"]?.array)
            #expect(exceptions.count == rules.scriptFlagExceptions.count)
            for exception in exceptions {
                let block = try #require(
                    exception["block"]?.stringValue.flatMap { Hash256(displayHex: $0) })
                let flags = exception["flags"]?.array?.compactMap(\.stringValue)
                #expect(rules.scriptFlagExceptions[block] == flags?.filter { $0 != "NONE" })
            }
        }
    }

    @Test("The yard is what its founders were promised")
    func yard() throws {
        let yard = Network.yard
        #expect(yard.consensus.spacing == 60)
        #expect(yard.consensus.retargeting == .asert(halfLife: 3600))
        #expect(yard.consensus.subsidy(at: 0) == Amount(satoshis: 50 * Amount.coin.satoshis))
        #expect(yard.consensus.halvingInterval == 210_000)
        #expect(yard.consensus.coinbaseMaturity == 100)
        #expect(BuriedDeployment.allCases.allSatisfy { yard.consensus.isActive($0, at: 1) })
        #expect(yard.relaysPrivateAddresses)
        let target = UInt256.decodeCompact(yard.genesis.header.bits).value
        let hashes = ~target / (target &+ 1) &+ 1
        #expect(hashes.lowWord >= 1 << 20 && hashes.lowWord < (1 << 20) + (1 << 10))
    }
}
