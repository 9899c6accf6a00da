// Prints the golden vectors of package proto, for TestRecordsAreWhatJavaWrites:
//   CP=zookeeper-jute.jar:zookeeper.jar:slf4j-api.jar:netty-all.jar
//   javac -cp $CP Vectors.java && java -cp .:$CP Vectors zookeeper-jute.jar > vectors.txt
// A line is a record, a way to fill its fields, and its bytes. The test fills its own
// records in the same way.

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.jar.JarFile;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.quorum.FastLeaderElection;

public class Vectors {
    static int n;

    static Object value(Type t, String how) throws Exception {
        boolean full = how.equals("full"), none = how.equals("null");
        if (t == boolean.class) return full && ++n % 2 == 1;
        if (t == int.class) return full ? ++n * 0x01020304 : 0;
        if (t == long.class) return full ? ++n * 0x0102030405060708L : 0L;
        if (t == String.class) return none ? null : full ? "s" + ++n + "\u00e9" : "";
        if (t == byte[].class) return none ? null : full ? new byte[] {(byte) ++n, (byte) 0xff, 0} : new byte[0];
        if (t instanceof ParameterizedType) {
            if (none) return null;
            List<Object> list = new ArrayList<>();
            Type e = ((ParameterizedType) t).getActualTypeArguments()[0];
            for (int i = 0; full && i < 2; i++) list.add(value(e, how));
            return list;
        }
        Object r = ((Class<?>) t).getDeclaredConstructor().newInstance();
        for (Field f : r.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(f.getModifiers())) continue;
            f.setAccessible(true);
            f.set(r, value(f.getGenericType(), how));
        }
        return r;
    }

    static void print(String name, String how, byte[] p) {
        StringBuilder b = new StringBuilder();
        for (byte c : p) b.append(String.format("%02x", c));
        System.out.println(name + " " + how + " " + b);
    }

    static void print(String name, String how, Record r) throws Exception {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        r.serialize(BinaryOutputArchive.getArchive(o), "");
        print(name, how, o.toByteArray());
    }

    public static void main(String[] args) throws Exception {
        TreeSet<String> names = new TreeSet<>();
        try (JarFile jar = new JarFile(args[0])) {
            jar.stream().map(e -> e.getName()).filter(s -> s.endsWith(".class") && s.startsWith("org/apache/zookeeper/"))
                .forEach(s -> names.add(s.substring(0, s.length() - 6).replace('/', '.')));
        }
        for (String name : names) {
            Class<?> c = Class.forName(name);
            if (!Record.class.isAssignableFrom(c)) continue;
            for (String how : new String[] {"full", "zero", "null"}) {
                n = 0;
                print(c.getSimpleName(), how, (Record) value(c, how));
            }
        }
        composites();
    }

    static void composites() throws Exception {
        print("MultiRequest", "writes", new MultiOperationRecord(Arrays.asList(
            Op.create("/a", "1".getBytes(), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT),
            Op.create("/c", null, ZooDefs.Ids.READ_ACL_UNSAFE, CreateMode.CONTAINER),
            Op.create("/t", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, 5000),
            Op.setData("/a", "2".getBytes(), 0), Op.check("/a", 1), Op.delete("/a", -1))));
        print("MultiRequest", "reads", new MultiOperationRecord(Arrays.asList(Op.getData("/a"), Op.getChildren("/"))));
        Stat s = new Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        MultiResponse m = new MultiResponse();
        m.add(new OpResult.CreateResult("/a"));
        m.add(new OpResult.CreateResult("/c", s));
        m.add(new OpResult.SetDataResult(s));
        m.add(new OpResult.CheckResult());
        m.add(new OpResult.DeleteResult());
        m.add(new OpResult.ErrorResult(-101));
        m.add(new OpResult.ErrorResult(0));
        m.add(new OpResult.GetDataResult("d".getBytes(), s));
        m.add(new OpResult.GetChildrenResult(Arrays.asList("x", "y")));
        print("MultiResponse", "all", m);
        for (Method b : FastLeaderElection.class.getDeclaredMethods()) {
            if (!b.getName().equals("buildMsg")) continue;
            b.setAccessible(true);
            Object buf = b.getParameterCount() == 6 ? b.invoke(null, 2, 3L, 0x100000002L, 4L, 5L, "version=1".getBytes())
                : b.invoke(null, 2, 3L, 0x100000002L, 4L, 5L);
            print("Notification", b.getParameterCount() == 6 ? "v2" : "v1", ((ByteBuffer) buf).array());
        }
    }
}
