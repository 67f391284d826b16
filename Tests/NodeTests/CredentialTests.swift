import Foundation
import Notation
import Testing

@Suite("Who may call")
struct CredentialTests {
    private let question = #"{"id":1,"method":"getblockcount"}"#

    @Test("Without credentials nothing is answered, and guessing is slow")
    func refused() throws {
        let node = try NodeProcess()
        try node.start()

        let bare = try node.ask("POST", "/", "", question)
        #expect(bare.status == 401)
        #expect(bare.headers["www-authenticate"] == "Basic realm=\"jsonrpc\"")
        let start = Date()
        #expect(try node.post(question, user: "__cookie__:wrong").status == 401)
        #expect(Date().timeIntervalSince(start) >= 0.25)
    }

    @Test("The cookie is readable by its owner alone and gone after the end")
    func cookie() throws {
        let node = try NodeProcess()
        try node.start()

        let path = "\(node.networkFolder)/.cookie"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        #expect(try node.cookie().hasPrefix("__cookie__:"))
        #expect(try node.stop().code == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("Passwords work in the clear and hashed, and a user may be held to some methods")
    func passwords() throws {
        let node = try NodeProcess()
        try node.write(
            """
            rpcuser=ana
            rpcpassword=secret
            rpcauth=beto:5d3e2a$b0b4fc9d8e2d4fbf4f0d5f1f3e8ec1a0d8cd0c9ff1f7f5c1e0a0bb2f5e0a8d6d
            rpcwhitelist=ana:getblockcount,stop
            """, to: "cellblock.conf")
        try node.spawn(["-rpcwhitelistdefault=0"])
        try node.until("the node answers", seconds: 60) {
            (try? node.post(question, user: "ana:secret"))?.json["result"] == 0
        }
        #expect(try node.post(question, user: "ana:secret").json["result"] == 0)
        #expect(try node.post(question, user: "ana:Secret").status == 401)
        #expect(try node.post(question, user: "beto:secret").status == 401)
        let other = #"{"id":1,"method":"getbestblockhash"}"#
        #expect(try node.post(other, user: "ana:secret").status == 403)
    }

    @Test("Only POST, only known paths, only bodies of a sane size are answered")
    func bounds() throws {
        let node = try NodeProcess()
        try node.start()

        let get = try node.post(question, method: "GET")
        #expect(get.status == 405)
        #expect(
            get.text
                == "JSONRPC server handles only POST requests")
        #expect(try node.post(question, path: "/nowhere").status == 404)
        let long = String(repeating: " ", count: 33 << 20) + question
        #expect(try node.post(long).status == 413)
        #expect(try node.post(question).status == 200)
    }
}
