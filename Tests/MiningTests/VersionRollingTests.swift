import Consensus
import Cryptography
import Genesis
import Keys
import Mining
import Primitives
import Scripting
import Testing

@Suite("Version rolling") struct VersionRollingTests {
    private let time: UInt32 = 1_700_000_700

    private func search(_ template: BlockTemplate, extraNonce: UInt64) throws -> NonceSearch {
        let rolling = try #require(VersionRolling(in: .regtest))
        return NonceSearch(template, extraNonce: extraNonce, time: time, rolling: rolling)
    }

    @Test("Sixteen versions, the template's first, differ in bits that BIP320 sets aside alone")
    func versions() throws {
        let rolling = try #require(VersionRolling(in: .mainnet))
        for own in [Int32(0x2000_0000), 0x2000_0004, 0x3fff_ffff] {
            let versions = rolling.versions(of: own)
            #expect(versions.first == own)
            #expect(Set(versions).count == 16)
            let turned: Int32 = versions.reduce(0) { $0 | ($1 ^ own) }
            #expect(turned == 0b1111 << 13)
            // Of each bit that is turned, half of them have it set.
            for bit in Int32(13)...16 {
                let mask: Int32 = 1 << bit
                #expect(versions.filter { $0 & mask != 0 }.count == 8)
            }
        }
    }

    @Test("A version that is no field of votes stays alone", arguments: [1, 4, 0x6000_0000, -1])
    func noVotes(_ version: Int32) throws {
        let rolling = try #require(VersionRolling(in: .regtest))
        #expect(rolling.versions(of: version) == [version])
    }

    @Test("Bits that a network votes by are left alone")
    func votes() throws {
        var network = Network.regtest
        var deployment = try #require(network.consensus.deployments.first)
        deployment.bit = 14
        network.consensus.deployments.append(deployment)
        let versions = try #require(VersionRolling(in: network)).versions(of: 0x2000_0000)
        let turned: Int32 = versions.reduce(0) { $0 | ($1 ^ 0x2000_0000) }
        #expect(turned == 0b11101 << 13)
    }

    @Test("On a signet there is none")
    func signet() {
        #expect(VersionRolling(in: .signet) == nil)
        #expect(VersionRolling(in: .mainnet) != nil)
        #expect(VersionRolling(in: .testnet4) != nil)
    }

    @Test("Blocks are whole, some under another version, and the own comes first")
    func blocks() throws {
        let template = try Shares.template(try Rosters.make([3, 2, 1]))
        var versions: Set<Int32> = []
        for extraNonce in 1...UInt64(60) {
            let search = try search(template, extraNonce: extraNonce)
            #expect(search.headersPerNonce == 16)
            let block = try #require(search.run(from: 0, count: 1000))
            #expect(throws: Never.self) { try block.check(in: .regtest) }
            versions.insert(block.header.version)
            // At one nonce the template's own version comes before all others.
            let alone = NonceSearch(template, extraNonce: extraNonce, time: time)
            if let own = alone.run(from: block.header.nonce, count: 1) {
                #expect(block.hash == own.hash)
            }
            #expect(alone.run(from: 0, count: block.header.nonce) == nil)
        }
        #expect(versions.count > 1)
        let turned: Int32 = versions.reduce(0) { $0 | ($1 ^ 0x2000_0000) }
        #expect(turned & ~(0b1111 << 13) == 0)
    }

    @Test("A block that is signed keeps the version that its signature covers")
    func signed() throws {
        let key = PrivateKey(
            try #require(SecretKey(bytes: [UInt8](repeating: 7, count: 32))))
        let challenge = Script.payToWitnessPubKeyHash(Hash160.hash(key.publicKeyBytes.span))
        var template = try Shares.template(try Rosters.make([3, 2, 1]))
        template.signer = BlockSigner(challenge: challenge, keys: [key])
        var network = Network.signet
        network.consensus.signetChallenge = Array(challenge.bytes)
        for extraNonce in 1...UInt64(20) {
            let search = try search(template, extraNonce: extraNonce)
            #expect(search.headersPerNonce == 1)
            let block = try #require(search.run(from: 0, count: 1000))
            #expect(block.header.version == 0x2000_0000)
            #expect(block.hasSignetSolution(in: network))
        }
    }
}
