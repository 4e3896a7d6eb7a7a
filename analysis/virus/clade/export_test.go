package clade

// End returns one past the last node below a node.
func (t *Tree) End(node int) int { return int(t.nodes[node].end) }
