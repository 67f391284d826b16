/// Which parameters of which methods are JSON, and which are text though they may hold a `=`.
///
/// The facts are Core's (`rpc/client.cpp`), with our own methods beside them.
enum ParameterTable {
    enum Form {
        /// Must be JSON.
        case json
        /// Is taken as it stands.
        case text
        /// Is JSON where it can be read as such, and text otherwise.
        case either
    }

    struct Parameter {
        var position: Int
        var name: String
        var form: Form
    }

    /// The parameters of a method that need care.
    static func parameters(of method: String) -> [Parameter] { byMethod[method] ?? [] }

    private static let byMethod: [String: [Parameter]] = {
        var table: [String: [Parameter]] = [:]
        for row in rows.split(separator: "\n") {
            let words = row.split(separator: " ")
            guard let method = words.first else { continue }
            for index in stride(from: 1, to: words.count - 1, by: 2) {
                let parts = words[index + 1].split(separator: ":")
                table[String(method), default: []].append(
                    Parameter(
                        position: Int(words[index]) ?? 0, name: String(parts[0]),
                        form: parts.count == 1 ? .json : parts[1] == "text" ? .text : .either))
            }
        }
        return table
    }()

    /// A method and its parameters: position, name, and the form where it is not JSON.
    private static let rows = """
        addconnection 2 v2transport
        addnode 2 v2transport
        addpeeraddress 1 port 2 tried
        analyzepsbt 0 psbt:text
        backupwallet 0 destination:text
        bumpfee 1 options 1 conf_target 1 fee_rate 1 replaceable 1 outputs
        bumpfee 1 original_change_index
        combinepsbt 0 txs
        combinerawtransaction 0 txs
        converttopsbt 1 permitsigdata 2 iswitness 3 psbt_version
        createmultisig 0 nrequired 1 keys
        createpsbt 0 inputs 1 outputs 2 locktime 3 replaceable 4 version 5 psbt_version
        createrawtransaction 0 inputs 1 outputs 2 locktime 3 replaceable 4 version
        createwallet 0 wallet_name:text 1 disable_private_keys 2 blank 3 passphrase:text
        createwallet 4 avoid_reuse 5 descriptors 6 load_on_startup 7 external_signer
        createwalletdescriptor 1 options 1 internal
        decodepsbt 0 psbt:text
        decoderawtransaction 1 iswitness
        deriveaddresses 1 range
        descriptorprocesspsbt 0 psbt:text 1 descriptors 2 sighashtype:text 3 bip32derivs
        descriptorprocesspsbt 4 finalize
        disconnectnode 1 nodeid
        dumptxoutset 0 path:text 1 type:text 2 options 2 rollback:either 2 in_memory
        echoipc 0 arg:text
        echojson 0 arg0 1 arg1 2 arg2 3 arg3 4 arg4 5 arg5 6 arg6 7 arg7 8 arg8 9 arg9
        encryptwallet 0 passphrase:text
        estimaterawfee 0 conf_target 1 threshold
        estimatesmartfee 0 conf_target
        finalizepsbt 0 psbt:text 1 extract
        fundrawtransaction 1 options 1 add_inputs 1 include_unsafe 1 minconf 1 maxconf
        fundrawtransaction 1 changePosition 1 includeWatching 1 lockUnspents 1 fee_rate
        fundrawtransaction 1 feeRate 1 subtractFeeFromOutputs 1 input_weights 1 conf_target
        fundrawtransaction 1 replaceable 1 solving_data 1 max_tx_weight 2 iswitness
        generateblock 1 transactions 2 submit
        generatetoaddress 0 nblocks 2 maxtries
        generatetodescriptor 0 num_blocks 2 maxtries
        getaddressesbylabel 0 label:text
        getaddresshistory 1 start_height 2 stop_height 3 count 4 include_mempool
        getaddressutxos 1 include_mempool
        getbalance 1 minconf 2 include_watchonly 3 avoid_reuse
        getblock 1 verbosity 1 verbose
        getblockfrompeer 1 peer_id
        getblockhash 0 height
        getblockheader 1 verbose
        getblockstats 0 hash_or_height:either 1 stats
        getblocktemplate 0 template_request
        getchaintxstats 0 nblocks
        getdescriptoractivity 0 blockhashes 1 scanobjects 2 include_mempool
        gethdkeys 0 active_only 0 options 0 private
        getmempoolancestors 1 verbose
        getmempooldescendants 1 verbose
        getnetworkhashps 0 nblocks 1 height
        getnewaddress 0 label:text 1 address_type:text
        getnodeaddresses 0 count
        getorphantxs 0 verbosity
        getrawmempool 0 verbose 1 mempool_sequence
        getrawtransaction 1 verbosity 1 verbose
        getreceivedbyaddress 1 minconf 2 include_immature_coinbase
        getreceivedbylabel 0 label:text 1 minconf 2 include_immature_coinbase
        gettransaction 1 include_watchonly 2 verbose
        gettxout 1 n 2 include_mempool
        gettxoutproof 0 txids
        gettxoutsetinfo 1 hash_or_height:either 2 use_index
        gettxspendingprevout 0 outputs 1 options 1 mempool_only 1 return_spending_tx
        importdescriptors 0 requests
        importmempool 0 filepath:text 1 options 1 apply_fee_delta_priority 1 use_current_time
        importmempool 1 apply_unbroadcast_set
        joinpsbts 0 txs
        keypoolrefill 0 newsize
        listdescriptors 0 private
        listreceivedbyaddress 0 minconf 1 include_empty 2 include_watchonly
        listreceivedbyaddress 4 include_immature_coinbase
        listreceivedbylabel 0 minconf 1 include_empty 2 include_watchonly
        listreceivedbylabel 3 include_immature_coinbase
        listsinceblock 0 blockhash:text 1 target_confirmations 2 include_watchonly
        listsinceblock 3 include_removed 4 include_change 5 label:text
        listtransactions 0 label:text 1 count 2 skip 3 include_watchonly
        listunspent 0 minconf 1 maxconf 2 addresses 3 include_unsafe 4 query_options
        listunspent 4 minimumAmount 4 maximumAmount 4 maximumCount 4 minimumSumAmount
        listunspent 4 include_immature_coinbase
        loadtxoutset 0 path:text
        loadwallet 0 filename:text 1 load_on_startup
        lockunspent 0 unlock 1 transactions 2 persistent
        logging 0 include 1 exclude
        migratewallet 0 wallet_name:text 1 passphrase:text 2 load_wallet
        mockscheduler 0 delta_time
        prioritisetransaction 1 dummy 2 fee_delta
        pruneblockchain 0 height
        psbtbumpfee 1 options 1 conf_target 1 fee_rate 1 replaceable 1 outputs
        psbtbumpfee 1 original_change_index 1 psbt_version
        rescanblockchain 0 start_height 1 stop_height
        restorewallet 0 wallet_name:text 1 backup_file:text 2 load_on_startup
        scanblocks 1 scanobjects 2 start_height 3 stop_height 5 options 5 filter_false_positives
        scantxoutset 1 scanobjects
        send 0 outputs 1 conf_target 3 fee_rate 4 options 4 add_inputs 4 include_unsafe
        send 4 minconf 4 maxconf 4 add_to_wallet 4 change_position 4 fee_rate 4 include_watching
        send 4 inputs 4 locktime 4 lock_unspents 4 psbt 4 subtract_fee_from_outputs
        send 4 conf_target 4 replaceable 4 solving_data 4 max_tx_weight 5 version
        sendall 0 recipients 1 conf_target 3 fee_rate 4 options 4 add_to_wallet 4 fee_rate
        sendall 4 include_watching 4 inputs 4 locktime 4 lock_unspents 4 psbt 4 send_max
        sendall 4 minconf 4 maxconf 4 conf_target 4 replaceable 4 solving_data 4 version
        sendmany 0 dummy:text 1 amounts 2 minconf 3 comment:text 4 subtractfeefrom 5 replaceable
        sendmany 6 conf_target 7 estimate_mode:text 8 fee_rate 9 verbose
        sendmsgtopeer 0 peer_id
        sendrawtransaction 1 maxfeerate 2 maxburnamount
        sendtoaddress 0 address:text 1 amount 2 comment:text 3 comment_to:text
        sendtoaddress 4 subtractfeefromamount 5 replaceable 6 conf_target 7 estimate_mode:text
        sendtoaddress 8 avoid_reuse 9 fee_rate 10 verbose
        setban 2 bantime 3 absolute
        setlabel 1 label:text
        setmocktime 0 timestamp
        setnetworkactive 0 state
        setwalletflag 1 value
        signmessage 1 message:text
        signmessagewithprivkey 1 message:text
        signrawtransactionwithkey 1 privkeys 2 prevtxs
        signrawtransactionwithwallet 1 prevtxs
        simulaterawtransaction 0 rawtxs 1 options 1 include_watchonly
        startmining 0 threads 1 blocks 2 duty
        stop 0 wait
        submitpackage 0 package 1 maxfeerate 2 maxburnamount
        testmempoolaccept 0 rawtxs 1 maxfeerate
        unloadwallet 0 wallet_name:text 1 load_on_startup
        utxoupdatepsbt 0 psbt:text 1 descriptors
        verifychain 0 checklevel 1 nblocks
        verifymessage 1 signature:text 2 message:text
        waitforblock 1 timeout
        waitforblockheight 0 height 1 timeout
        waitfornewblock 0 timeout
        walletcreatefundedpsbt 0 inputs 1 outputs 2 locktime 3 options 3 add_inputs
        walletcreatefundedpsbt 3 include_unsafe 3 minconf 3 maxconf 3 changePosition
        walletcreatefundedpsbt 3 includeWatching 3 lockUnspents 3 fee_rate 3 feeRate
        walletcreatefundedpsbt 3 subtractFeeFromOutputs 3 conf_target 3 replaceable
        walletcreatefundedpsbt 3 solving_data 3 max_tx_weight 4 bip32derivs 5 version
        walletcreatefundedpsbt 6 psbt_version
        walletpassphrase 0 passphrase:text 1 timeout
        walletpassphrasechange 0 oldpassphrase:text 1 newpassphrase:text
        walletprocesspsbt 0 psbt:text 1 sign 2 sighashtype:text 3 bip32derivs 4 finalize
        """
}
