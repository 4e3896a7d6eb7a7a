package aws

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"okazaki"
)

//go:embed prices.json
var priceList []byte

// A Price is a list price, without free tiers and discounts.
type Price struct {
	Price float64 `json:"price"`
	Per   string  `json:"per"`
	Dated string  `json:"dated"` // when the list said so
	Note  string  `json:"note,omitempty"`
}

// Prices are the list prices of one region.
type Prices struct {
	Region   string           `json:"region"`
	Currency string           `json:"currency"`
	Prices   map[string]Price `json:"prices"`
}

// ListPrices are the prices in prices.json.
func ListPrices() *Prices {
	var p Prices
	if err := json.Unmarshal(priceList, &p); err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return &p
}

// A Usage holds the amounts used, by the names of prices.json.
type Usage map[string]float64

// A Line is one item of a bill.
type Line struct {
	Item   string  `json:"item"`
	Amount float64 `json:"amount"`
	Per    string  `json:"per"`
	Cost   float64 `json:"cost"`
}

// Bill is what a usage costs: its items by name, and the sum. It panics at an
// item that has no price.
func (p *Prices) Bill(u Usage) (lines []Line, sum float64) {
	for _, item := range slices.Sorted(maps.Keys(u)) {
		price, ok := p.Prices[item]
		if !ok {
			panic(fmt.Sprintf("prices.json has no %q", item))
		}
		l := Line{Item: item, Amount: u[item], Per: price.Per, Cost: u[item] * price.Price}
		lines = append(lines, l)
		sum += l.Cost
	}
	return lines, sum
}

// Cost is the sum of a usage's bill.
func (p *Prices) Cost(u Usage) float64 {
	_, sum := p.Bill(u)
	return sum
}

// GBSecond is the price of a GB-second of the functions as they are deployed
// by default.
func GBSecond() float64 { return GBSecondOf("arm64") }

// GBSecondOf returns the price of a GB-second of functions for an
// architecture, by Go's name of it.
func GBSecondOf(goarch string) float64 {
	item := map[string]string{"amd64": "lambda.gbs.x86_64", "arm64": "lambda.gbs.arm64"}[goarch]
	return ListPrices().Prices[item].Price
}

// Calls returns what each call to a store, given by the scheme of its URL,
// and each ring cost at most. The unit is the megabyte-millisecond of
// functions that are deployed by default, as in a budget. A create writes an
// item, and perhaps its folder's item; a large one writes an object of S3 as
// well. A get may read an item twice, and a value. A list's entries are items
// of up to 640 bytes. A ring publishes a message, which invokes a function.
func Calls(scheme string) okazaki.Prices {
	p := ListPrices()
	worth := func(u Usage) okazaki.MBms { return okazaki.MBms(math.Ceil(p.Cost(u) / GBSecond() * 1024 * 1000)) }
	c := okazaki.Prices{Rings: worth(Usage{"sns.publish": 1, "lambda.request": 1})}
	switch scheme {
	case "dynamo":
		c.Creates = worth(Usage{"dynamodb.write": 2, "dynamodb.read": 1})
		c.Large = worth(Usage{"s3.put": 1, "dynamodb.write": 2, "dynamodb.read": 1})
		c.Gets = worth(Usage{"s3.get": 1, "dynamodb.read": 1.5})
		c.Lists = worth(Usage{"dynamodb.read": 1})
		c.Entries = worth(Usage{"dynamodb.read": 640.0 / 4096})
	case "s3":
		c.Creates, c.Large, c.Lists = worth(Usage{"s3.put": 1}), worth(Usage{"s3.put": 1}), worth(Usage{"s3.put": 1})
		c.Gets = worth(Usage{"s3.get": 1})
	}
	return c
}

// Money is what work costs, in dollars.
func Money(work okazaki.MBms) float64 { return work.GBs() * GBSecond() }

// Outside lists the costs that a job's ceiling does not include, and what
// bounds each.
var Outside = []string{
	"wakes that find nothing to do: a second or less and some ten requests each, no more at once than the job's concurrency; reserved concurrency is the last cap, also of messages that SNS doubles",
	"a sweep a minute until the job ends or its deadline, and the four wakes of each",
	"requests to look for work, beyond the two lists and eight gets that each attempt reserves for itself",
	"initialisation of environments, a second or less each",
	"the front: requests to the HTTP API, what it runs to plan a job, the copy of its inputs; and the files of the answer",
	"logs, storage until the lifecycle ends it, and traffic to the internet",
}
