import Notation

struct GetNetworkDefinition: RPCMethod {
    let name = "getnetworkdefinition"
    let summary = """
        Returns the definition of this network: all that makes it differ from others.
        A node started with -network=<file> and a file that holds this answer takes part in it.
        """
    let results = [
        ResultText(
            .object, "", "The definition, as in the file",
            [
                ResultText(.string, "name", "The name of the network"),
                ResultText(.elision, "", "All further members of the definition"),
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        try JSON(parsing: context.definitionText)
    }
}
