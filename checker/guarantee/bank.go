package guarantee

import (
	"fmt"

	"orrery/checker"
)

// Anomalies of banks.
const (
	WrongTotal      Anomaly = "wrong-total"      // the balances of one read do not sum up to the money there is
	NegativeBalance Anomaly = "negative-balance" // an account is overdrawn
	MissingAccount  Anomaly = "missing-account"  // a read did not see an account
	UnknownAccount  Anomaly = "unknown-account"  // a read saw an account that does not exist, or one twice
)

// A Balance is what one read saw of one account.
type Balance struct {
	Account string `json:"account"`
	Amount  int64  `json:"amount"`
}

// A BankRead is one transaction that read all accounts. Transfers need not be recorded: they keep the total.
type BankRead struct {
	Client   string         `json:"client"`
	Balances []Balance      `json:"balances"`
	Status   checker.Status `json:"status"`
	Call     int64          `json:"call"`
	Ret      int64          `json:"ret"`
}

// String prints the read on one line.
func (o BankRead) String() string {
	return fmt.Sprintf("%s read %d accounts [%d,%d] %s", o.Client, len(o.Balances), o.Call, o.Ret, o.Status)
}

// BankOptions describe the bank.
type BankOptions struct {
	Accounts  []string // all of them, fixed
	Total     int64    // what they hold together
	Overdraft bool     // accounts may be negative
}

// Bank judges reads of a bank whose clients only transfer: snapshots of a serializable, or snapshot isolated, database all
// sum up to the same. If no two reads differ, nothing moved while they were made, and the report is vacuous.
func Bank(h []BankRead, opt BankOptions) Report {
	r := NewReport("bank")
	if len(opt.Accounts) == 0 {
		return r.Malformed("a bank has accounts: none were given")
	}
	place := make(map[string]int, len(opt.Accounts))
	for i, a := range opt.Accounts {
		place[a] = i
	}
	reads := 0
	distinct := make(map[string]bool)
	seen := make([]int, len(opt.Accounts)) // by account, 1 + the last read that saw it
	for i := range h {
		o := &h[i]
		if o.Ret < o.Call {
			return r.Malformed("operation %d (%s) returned before it was called", i, o)
		}
		if o.Status != checker.OK {
			continue
		}
		reads++
		ops := Cite(func(i int) string { return h[i].String() }, i)
		total, accounts := int64(0), 0
		for _, b := range o.Balances {
			a, known := place[b.Account]
			switch {
			case !known:
				r.Found(UnknownAccount, b.Account, ops, "%s saw the account %s, which does not exist", o, b.Account)
				continue
			case seen[a] == i+1:
				r.Found(UnknownAccount, b.Account, ops, "%s saw the account %s twice", o, b.Account)
				continue
			case b.Amount < 0 && !opt.Overdraft:
				r.Found(NegativeBalance, b.Account, ops, "%s saw %d in account %s", o, b.Amount, b.Account)
			}
			seen[a] = i + 1
			accounts++
			total += b.Amount
		}
		for a, last := range seen {
			if accounts < len(seen) && last != i+1 {
				r.Found(MissingAccount, opt.Accounts[a], ops, "%s did not see the account %s", o, opt.Accounts[a])
			}
		}
		if total != opt.Total && accounts == len(seen) {
			r.Found(WrongTotal, "", ops, "%s saw %d in all, and there are %d: it saw some transfer by half", o, total, opt.Total)
		}
		if len(distinct) < 2 {
			distinct[fmt.Sprint(o.Balances)] = true
		}
	}
	r.Measure("reads", reads, 1)
	r.Measure("different reads", len(distinct), 2)
	return r.Done()
}
