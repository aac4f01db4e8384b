package node

import (
	"bufio"
	"os"
	"sync"
)

const (
	// maxLogSize is when a log starts anew; the one before is kept. Twice this is what a component takes on disk.
	maxLogSize = 10 << 20
	tailLines  = 8
)

// logFile takes a component's output through a pipe, so that a chatty component cannot fill the disk.
type logFile struct {
	mu   sync.Mutex
	path string
	file *os.File
	size int64
	tail []string
}

func openLog(path string) (*logFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return &logFile{path: path, file: file, size: info.Size()}, nil
}

// pipe returns the file that a program writes into. The caller closes it once the program has it.
func (l *logFile) pipe() (*os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		defer read.Close()
		lines := bufio.NewReaderSize(read, 64<<10)
		for {
			line, err := lines.ReadSlice('\n')
			if len(line) > 0 {
				l.append(line)
			}
			if err != nil && err != bufio.ErrBufferFull {
				return
			}
		}
	}()
	return write, nil
}

func (l *logFile) append(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > maxLogSize {
		if err := os.Rename(l.path, l.path+".1"); err == nil {
			if file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640); err == nil {
				l.file.Close()
				l.file, l.size = file, 0
			}
		}
	}
	n, _ := l.file.Write(line)
	l.size += int64(n)
	if len(l.tail) == tailLines {
		l.tail = l.tail[1:]
	}
	l.tail = append(l.tail, string(line))
}

// last returns the last lines, for a message that says why a component failed.
func (l *logFile) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all string
	for _, line := range l.tail {
		all += line
	}
	return all
}
