import Notation
import TestSupport
import Testing
import Wire

@Suite("SHA-3", .enabled(if: Vectors.isPresent, Vectors.hint)) struct SHA3Tests {
    @Test(
        "SHA3-256 of published messages",
        arguments: [("core-extracted/crypto.json", 55), ("crypto/nist_sha.json", 137)])
    func published(_ file: String, _ count: Int) throws {
        let rows = try Vectors.json(file).member("sha3_256").elements()
        #expect(rows.count == count)
        for row in rows {
            let digest = SHA3.hash256(try row.member("message").bytes())
            #expect(try Hex.encode(digest) == row.member("digest").text())
        }
    }
}
