// Wallets
