// Genesis
