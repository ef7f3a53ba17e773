package logs

// The heap of order is written out because container/heap would cost a call
// through an interface for each comparison, several for each line.

func (o *order) less(i, j int) bool {
	return o.heads[i].first().Time.Before(o.heads[j].first().Time)
}

// up moves the source at i towards the top until it is in its place.
func (o *order) up(i int) {
	for i > 0 {
		above := (i - 1) / 2
		if !o.less(i, above) {
			return
		}
		o.heads[i], o.heads[above] = o.heads[above], o.heads[i]
		i = above
	}
}

// down moves the source at i away from the top until it is in its place.
func (o *order) down(i int) {
	for {
		first := i
		for below := 2*i + 1; below <= 2*i+2 && below < len(o.heads); below++ {
			if o.less(below, first) {
				first = below
			}
		}
		if first == i {
			return
		}
		o.heads[i], o.heads[first] = o.heads[first], o.heads[i]
		i = first
	}
}

// heapify makes a heap of the sources that have lines.
func (o *order) heapify() {
	kept := o.heads[:0]
	for _, s := range o.heads {
		if !s.empty() {
			kept = append(kept, s)
		}
	}
	clear(o.heads[len(kept):])
	o.heads = kept
	for i := len(o.heads)/2 - 1; i >= 0; i-- {
		o.down(i)
	}
}
