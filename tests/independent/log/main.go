// Log checks a public log of Keju with code that Keju's authors did not write: the note and tree
// packages of Go's own checksum database (golang.org/x/mod/sumdb).
//
//	log <vkey> <prefix> [older checkpoint]
//
// The prefix is an http address or a directory. It reads the checkpoint, every tile and every
// entry, and checks the signature, that the entries have the signed root, that each tile is the one
// the entries make, inclusion of some entries, and that older sizes are a beginning of the present
// one. A checkpoint that was kept from an earlier visit must be such a beginning too.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) < 3 || len(os.Args) > 4 {
		fmt.Fprintln(os.Stderr, "usage: log <vkey> <prefix> [older checkpoint]")
		os.Exit(2)
	}
	summary, err := check(os.Args[1], place(os.Args[2]), os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "REFUSED:", err)
		os.Exit(1)
	}
	fmt.Println(summary)
}

// A place is where a log's files are.
type place string

func (p place) read(name string) ([]byte, error) {
	if !strings.HasPrefix(string(p), "http") {
		return os.ReadFile(filepath.Join(string(p), name))
	}
	answer, err := http.Get(strings.TrimSuffix(string(p), "/") + "/" + name)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", name, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// head is what a checkpoint says.
type head struct {
	origin string
	tree   tlog.Tree
}

func open(text []byte, key note.Verifier) (head, error) {
	opened, err := note.Open(text, note.VerifierList(key))
	if err != nil {
		return head{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return head{}, errors.New("a checkpoint has three lines")
	}
	if lines[0] != key.Name() {
		return head{}, fmt.Errorf("a checkpoint of %q", lines[0])
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, errors.New("the size is no number")
	}
	hash, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(hash) != tlog.HashSize {
		return head{}, errors.New("the root is no hash")
	}
	found := head{origin: lines[0], tree: tlog.Tree{N: size}}
	copy(found.tree.Hash[:], hash)
	return found, nil
}

// path is the name of a tile as C2SP tlog-tiles writes it: the height is not in it, and bundles
// are called entries.
func path(tile tlog.Tile, entries bool) string {
	old := tile.Path()
	rest := strings.SplitN(old, "/", 4)
	if entries {
		return "tile/entries/" + rest[3]
	}
	return fmt.Sprintf("tile/%d/%s", tile.L, rest[3])
}

// memory holds every hash of a tree, as the tree package numbers them.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m)) {
			return nil, errors.New("a hash beyond the tree")
		}
		hashes[i] = m[index]
	}
	return hashes, nil
}

func check(vkey string, from place, older []string) (string, error) {
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return "", err
	}
	text, err := from.read("checkpoint")
	if err != nil {
		return "", err
	}
	now, err := open(text, key)
	if err != nil {
		return "", err
	}
	hashes, err := readEntries(from, now.tree)
	if err != nil {
		return "", err
	}
	if err := checkTiles(from, now.tree, hashes); err != nil {
		return "", err
	}
	if err := checkProofs(now.tree, hashes); err != nil {
		return "", err
	}
	for _, name := range older {
		if err := checkOlder(name, key, now.tree, hashes); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%s: %d entries, root %v", now.origin, now.tree.N, now.tree.Hash), nil
}

// readEntries reads every bundle and builds the tree over the entries, whose root must be the
// signed one. Nothing is taken from the tiles: the reader of tiles in older versions of the tree
// package leaves some of them unchecked.
func readEntries(from place, tree tlog.Tree) (memory, error) {
	const width = 1 << height
	var hashes memory
	for start := int64(0); start < tree.N; start += width {
		count := int64(width)
		if tree.N-start < count {
			count = tree.N - start
		}
		tile := tlog.Tile{H: height, L: 0, N: start / width, W: int(count)}
		bundle, err := from.read(path(tile, true))
		if err != nil {
			return nil, err
		}
		for entry := start; entry < start+count; entry++ {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("the bundle ends before entry %d", entry)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			more, err := tlog.StoredHashes(entry, bundle[2:end], hashes)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, more...)
			bundle = bundle[end:]
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("something stands behind entry %d", start+count-1)
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return nil, err
	}
	if root != tree.Hash {
		return nil, fmt.Errorf("the entries have the root %v, and signed is %v", root, tree.Hash)
	}
	return hashes, nil
}

// checkTiles compares every tile of the tree with the one that its entries make.
func checkTiles(from place, tree tlog.Tree, hashes memory) error {
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		// Older versions name every width on the way; a log need only have the last.
		rest := tree.N>>(height*uint(tile.L)) - tile.N<<height
		if tile.W < 1<<height && int64(tile.W) != rest {
			continue
		}
		wanted, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		found, err := from.read(path(tile, false))
		if err != nil {
			return err
		}
		if !bytes.Equal(found, wanted) {
			return fmt.Errorf("%s is not the tile of the entries", path(tile, false))
		}
	}
	return nil
}

// checkProofs proves entries and older sizes, and checks the proofs.
func checkProofs(tree tlog.Tree, hashes memory) error {
	for _, index := range []int64{0, tree.N / 3, tree.N / 2, tree.N - 1} {
		if index < 0 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		if err != nil {
			return err
		}
		leaf := hashes[tlog.StoredHashIndex(0, index)]
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
			return fmt.Errorf("entry %d: %v", index, err)
		}
	}
	for _, size := range []int64{1, tree.N / 2, tree.N - 1, tree.N} {
		if size < 1 {
			continue
		}
		root, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return err
		}
		if err := continues(size, root, tree, hashes); err != nil {
			return err
		}
	}
	return nil
}

// continues checks that a tree of this size and root is a beginning of another.
func continues(size int64, root tlog.Hash, tree tlog.Tree, hashes memory) error {
	proof, err := tlog.ProveTree(tree.N, size, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, root); err != nil {
		return fmt.Errorf("%d entries do not begin with the %d of before: %v", tree.N, size, err)
	}
	return nil
}

func checkOlder(name string, key note.Verifier, tree tlog.Tree, hashes memory) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	older, err := open(text, key)
	if err != nil {
		return fmt.Errorf("%s: %v", name, err)
	}
	if older.tree.N > tree.N {
		return fmt.Errorf("the log had %d entries and has %d", older.tree.N, tree.N)
	}
	if older.tree.N == 0 {
		return nil
	}
	return continues(older.tree.N, older.tree.Hash, tree, hashes)
}
