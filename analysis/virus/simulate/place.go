package simulate

import "fmt"

// countries are stars: nobody takes them for a report of somewhere.
var countries = [...]string{"Vega", "Altair", "Deneb", "Rigel", "Capella", "Antares", "Spica", "Mira", "Castor", "Pollux",
	"Procyon", "Regulus", "Bellatrix", "Mizar", "Alcor", "Polaris", "Arcturus", "Electra", "Maia", "Merope", "Achernar",
	"Canopus", "Hadar", "Shaula", "Adhara", "Alnitak"}

var quarters = [...]string{"North", "East", "South", "West", "Centre", "Coast", "Hills", "Islands"}

// A place is a region of a country.
type place struct{ country, region string }

// newPlaces lists the regions, country by country.
func newPlaces(o Options) (all []place) {
	for c := range o.Countries {
		for r := range o.Regions {
			name := fmt.Sprint("Region ", r+1)
			if r < len(quarters) {
				name = quarters[r]
			}
			all = append(all, place{countries[c], name})
		}
	}
	return all
}

// How often a case was infected in another region of its country, in another
// country, and how often it infects anybody.
var (
	travels   = chanceOf(0.05)
	emigrates = chanceOf(0.01)
	transmits = chanceOf(0.2)
)

var intervals = weigh(1e-6, serialInterval)

// serialInterval weighs the days from one case to the next, from 0: a gamma
// distribution of mean 5.2 days (Rai et al. 2021, Clin. Epidemiol. Glob. Health
// 9:157) and standard deviation 2.8.
var serialInterval = []float64{0, 0.041, 0.1105, 0.154, 0.1611, 0.1439, 0.1161, 0.0875, 0.0626, 0.0431, 0.0288, 0.0187,
	0.012, 0.0075, 0.0046, 0.0028}

// where draws the place of a case infected by one in place p.
func (o *Outbreak) where(s *source, p uint16) uint16 {
	if s.happens(emigrates) {
		return uint16(s.below(len(o.places)))
	}
	if s.happens(travels) {
		regions := o.opt.Regions
		return uint16(int(p)/regions*regions + s.below(regions))
	}
	return p
}
