// Prints what Java makes of text, for TestTextIsJavas:
//   javac -cp zookeeper-jute.jar Text.java && java -cp .:zookeeper-jute.jar Text > text.txt
// "write" has a string as UTF-8, and what the archive writes for it.
// "read" has bytes, and as UTF-8 what a server takes them for.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;

public class Text {
    static String hex(byte[] p) {
        StringBuilder b = new StringBuilder();
        for (byte c : p) b.append(String.format("%02x", c));
        return b.toString();
    }

    static void write(String s) throws Exception {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        BinaryOutputArchive.getArchive(o).writeString(s, "");
        System.out.println("write " + hex(s.getBytes(StandardCharsets.UTF_8)) + " " + hex(o.toByteArray()));
    }

    static void read(byte[] p) throws Exception {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        DataOutputStream d = new DataOutputStream(o);
        d.writeInt(p.length);
        d.write(p);
        String s = BinaryInputArchive.getArchive(new ByteArrayInputStream(o.toByteArray())).readString("");
        System.out.println("read " + hex(p) + " " + hex(s.getBytes(StandardCharsets.UTF_8)));
    }

    public static void main(String[] args) throws Exception {
        int[] points = {0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff};
        write("");
        for (int a : points) {
            write(new String(Character.toChars(a)));
            for (int b : points) write(new String(Character.toChars(a)) + new String(Character.toChars(b)));
        }
        byte[] edges = {0x41, (byte) 0x80, (byte) 0x8f, (byte) 0x90, (byte) 0x9f, (byte) 0xa0, (byte) 0xbf, (byte) 0xc0, (byte) 0xc2,
            (byte) 0xdf, (byte) 0xe0, (byte) 0xe1, (byte) 0xed, (byte) 0xef, (byte) 0xf0, (byte) 0xf1, (byte) 0xf4, (byte) 0xf5, (byte) 0xff};
        for (byte a : edges) for (byte b : edges) read(new byte[] {a, b});
        Random r = new Random(4);
        for (int i = 0; i < 400; i++) {
            byte[] p = new byte[3 + r.nextInt(8)];
            for (int j = 0; j < p.length; j++) p[j] = edges[r.nextInt(edges.length)];
            read(p);
        }
    }
}
