import Foundation
import NodeClient
import Notation
import Testing

@Suite("What is shown without a password")
struct RESTTests {
    /// What is answered to a question at an address below `/rest/`.
    private func ask(_ node: NodeProcess, _ path: String, _ method: String = "GET") throws
        -> HTTPAnswer
    {
        try node.ask(method, "/rest/\(path)", "", "")
    }

    @Test("Nothing is shown unless that was asked for")
    func closed() throws {
        let node = try NodeProcess()
        try node.start()
        #expect(try ask(node, "chaininfo.json").status == 404)
    }

    @Test("Blocks, headers and the chain are those of the calls, in each form")
    func blocks() throws {
        let node = try NodeProcess()
        try node.start("-rest", "-blockfilterindex")
        _ = try node.rpc.call("generatetoaddress", [5, .string(StartTests.address)])
        let hash = try #require(try node.rpc.call("getblockhash", [3]).stringValue)
        let raw = try #require(try node.rpc.call("getblock", [.string(hash), 0]).stringValue)

        let json = try ask(node, "block/\(hash).json")
        #expect(json.status == 200)
        #expect(json.headers["content-type"] == "application/json")
        #expect(json.json == (try node.rpc.call("getblock", [.string(hash), 3])))
        #expect(
            try ask(node, "block/notxdetails/\(hash).json").json
                == (try node.rpc.call("getblock", [.string(hash), 1])))
        #expect(try ask(node, "block/\(hash).hex").text == raw + "\n")
        let binary = try ask(node, "block/\(hash).bin")
        #expect(binary.headers["content-type"] == "application/octet-stream")
        #expect(Hex.encode(binary.body) == raw)
        #expect(
            try ask(node, "blockpart/\(hash).hex?offset=4&size=32").text
                == String(raw.dropFirst(8).prefix(64)) + "\n")

        #expect(try ask(node, "chaininfo.json").json == (try node.rpc.call("getblockchaininfo")))
        #expect(
            try ask(node, "blockhashbyheight/3.json").json == ["blockhash": .string(hash)])
        let headers = try ask(node, "headers/\(hash).json?count=2").json
        #expect(headers.array?.count == 2)
        #expect(headers[0] == (try node.rpc.call("getblockheader", [.string(hash)])))
        let filter = try node.rpc.call("getblockfilter", [.string(hash)])
        #expect(try ask(node, "blockfilter/basic/\(hash).json").json["filter"] == filter["filter"])
        #expect(
            try ask(node, "blockfilterheaders/basic/\(hash).json").json[0] == filter["header"])
        #expect(try ask(node, "spenttxouts/\(hash).json").json == [[]])
    }

    @Test("A question that makes no sense is told so, with Core's status and words")
    func mistakes() throws {
        let node = try NodeProcess()
        try node.start("-rest")
        let unknown = String(repeating: "0", count: 64)
        let cases: [(path: String, status: Int, text: String)] = [
            ("tx/zz.json", 400, "Invalid hash: zz\r\n"),
            ("tx/\(unknown).json", 404, "\(unknown) not found\r\n"),
            ("block/\(unknown).json", 404, "\(unknown) not found\r\n"),
            ("blockhashbyheight/-1.json", 400, "Invalid height: -1\r\n"),
            ("blockhashbyheight/9.json", 404, "Block height out of range\r\n"),
            (
                "headers/\(unknown).json?count=2001", 400,
                "Header count is invalid or out of acceptable range (1-2000): 2001\r\n"
            ),
            ("blockfilter/other/\(unknown).json", 400, "Unknown filtertype other\r\n"),
            (
                "chaininfo.hex", 404, "output format not found (available: json)\r\n"
            ),
            ("getutxos.json", 400, "Error: empty request\r\n"),
            ("getutxos/\(unknown)-x.json", 400, "Parse error\r\n"),
            (
                "mempool/contents.json?verbose=yes", 400,
                "The \"verbose\" query parameter must be either \"true\" or \"false\".\r\n"
            ),
        ]
        for (path, status, text) in cases {
            let answer = try ask(node, path)
            #expect(answer.status == status, "\(path)")
            #expect(answer.text == text, "\(path)")
        }
        #expect(try ask(node, "nothing.json").status == 404)
        #expect(try ask(node, "chaininfo.json", "PUT").status == 405)
    }
}
