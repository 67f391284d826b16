import Testing

/// The generator in `Tests/BlockTree`, run against the very program that is tested here.
@Suite("Trees of good and bad blocks", .serialized) struct BlockTreeTests {
    @Test(
        "Every block is judged as Bitcoin Core judges it, whichever way and in whatever order it comes",
        .enabled(if: PythonProgram.isAvailable, "needs python3, 3.10 or newer"))
    func agreement() throws {
        let (code, output) = try PythonProgram.run(
            "BlockTree/blocktree.py", "--ways", "submitblock,peer", "--seed", "2009")
        #expect(code == 0, "\(output)")
        // The last line counts; one of trees that were not made would be short.
        let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
        #expect(words.count == 4 && words.suffix(2) == ["0", "differences"], "\(output)")
        #expect(words.first.flatMap { Int($0) } ?? 0 >= 390, "\(output)")
    }
}
