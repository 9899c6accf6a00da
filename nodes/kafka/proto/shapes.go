package proto

// shape is how a message is laid out from a version on, until the next row of its key. One letter is one field:
//
//	b h i l u    1, 2, 4, 8 and 16 bytes
//	s S          a string behind its length as an int16, or compact
//	y Y          bytes behind their length as an int32, or compact
//	[…] (…)      an array of such elements behind its length as an int32, or compact
//	t            tagged fields, none of them known
//	{n:…,m:…,}   tagged fields, of which some are known
//
// A null string, array or bytes is laid out as its kind is. TestShapesAreThoseOfTheCodec holds the rows against kmsg.
type shape struct {
	key, from int16
	layout    string
}

// requestShapes are the bodies of requests, by key and first version.
var requestShapes = [...]shape{
	{0, 0, "hi[s[iy]]"}, // Produce
	{0, 3, "shi[s[iy]]"},
	{1, 0, "iii[s[ili]]"}, // Fetch
	{1, 3, "iiii[s[ili]]"},
	{1, 4, "iiiib[s[ili]]"},
	{1, 5, "iiiib[s[illi]]"},
	{1, 7, "iiiibii[s[illi]][s[i]]"},
	{1, 9, "iiiibii[s[iilli]][s[i]]"},
	{1, 11, "iiiibii[s[iilli]][s[i]]s"},
	{1, 12, "iiiibii(S(iilili{0:u,1:l,})t)(S(i)t)S{0:S,1:ilt,}"},
	{2, 0, "i[s[ili]]"}, // ListOffsets
	{2, 1, "i[s[il]]"},
	{2, 2, "ib[s[il]]"},
	{2, 4, "ib[s[iil]]"},
	{3, 0, "[s]"}, // Metadata
	{3, 4, "[s]b"},
	{3, 8, "[s]bbb"},
	{3, 9, "(St)bbbt"},
	{4, 0, "ii[siiii[i]i[i]][isi]"}, // LeaderAndISR
	{4, 1, "ii[siiii[i]i[i]b][isi]"},
	{4, 2, "iil[s[iiii[i]i[i]b]][isi]"},
	{4, 3, "iil[s[iiii[i]i[i][i][i]b]][isi]"},
	{4, 4, "iil(S(iiii(i)i(i)(i)(i)bt)t)(iSit)t"},
	{5, 0, "iib[si]"}, // StopReplica
	{5, 1, "iilb[s[i]]"},
	{5, 2, "iilb(S(i)t)t"},
	{5, 3, "iil(S(iibt)t)t"},
	{6, 0, "ii[siiii[i]i[i]][isi]"}, // UpdateMetadata
	{6, 1, "ii[siiii[i]i[i]][i[ish]]"},
	{6, 2, "ii[siiii[i]i[i]][i[ish]s]"},
	{6, 3, "ii[siiii[i]i[i]][i[issh]s]"},
	{6, 4, "ii[siiii[i]i[i][i]][i[issh]s]"},
	{6, 5, "iil[s[iiii[i]i[i][i]]][i[issh]s]"},
	{6, 6, "iil(S(iiii(i)i(i)(i)t)t)(i(iSSht)St)t"},
	{7, 0, "i"}, // ControlledShutdown
	{7, 2, "il"},
	{7, 3, "ilt"},
	{8, 0, "s[s[ils]]"}, // OffsetCommit
	{8, 1, "sis[s[ills]]"},
	{8, 2, "sisl[s[ils]]"},
	{8, 5, "sis[s[ils]]"},
	{8, 6, "sis[s[ilis]]"},
	{8, 7, "siss[s[ilis]]"},
	{8, 8, "SiSS(S(iliSt)t)t"},
	{9, 0, "s[s[i]]"}, // OffsetFetch
	{9, 6, "S(S(i)t)t"},
	{9, 7, "S(S(i)t)bt"},
	{10, 0, "s"}, // FindCoordinator
	{10, 1, "sb"},
	{10, 3, "Sbt"},
	{11, 0, "siss[sy]"}, // JoinGroup
	{11, 1, "siiss[sy]"},
	{11, 5, "siisss[sy]"},
	{11, 6, "SiiSSS(SYt)t"},
	{12, 0, "sis"}, // Heartbeat
	{12, 3, "siss"},
	{12, 4, "SiSSt"},
	{13, 0, "ss"}, // LeaveGroup
	{13, 3, "s[ss]"},
	{13, 4, "S(SSt)t"},
	{14, 0, "sis[sy]"}, // SyncGroup
	{14, 3, "siss[sy]"},
	{14, 4, "SiSS(SYt)t"},
	{15, 0, "[s]"}, // DescribeGroups
	{15, 3, "[s]b"},
	{15, 5, "(S)bt"},
	{16, 0, ""}, // ListGroups
	{16, 3, "t"},
	{17, 0, "s"}, // SASLHandshake
	{18, 0, ""},  // ApiVersions
	{18, 3, "SSt"},
	{19, 0, "[sih[i[i]][ss]]i"}, // CreateTopics
	{19, 1, "[sih[i[i]][ss]]ib"},
	{19, 5, "(Sih(i(i)t)(SSt)t)ibt"},
	{20, 0, "[s]i"}, // DeleteTopics
	{20, 4, "(S)it"},
	{21, 0, "[s[il]]i"}, // DeleteRecords
	{22, 0, "si"},       // InitProducerID
	{22, 2, "Sit"},
	{22, 3, "Silht"},
	{23, 0, "[s[ii]]"}, // OffsetForLeaderEpoch
	{23, 2, "[s[iii]]"},
	{23, 3, "i[s[iii]]"},
	{24, 0, "slh[s[i]]"}, // AddPartitionsToTxn
	{24, 3, "Slh(S(i)t)t"},
	{24, 4, "(Slhb(S(i)t)t)t"},
	{25, 0, "slhs"},         // AddOffsetsToTxn
	{26, 0, "slhb"},         // EndTxn
	{27, 0, "[lhb[s[i]]i]"}, // WriteTxnMarkers
	{28, 0, "sslh[s[ils]]"}, // TxnOffsetCommit
	{28, 2, "sslh[s[ilis]]"},
	{28, 3, "SSlhiSS(S(iliSt)t)t"},
	{32, 0, "[bs[s]]"}, // DescribeConfigs
	{32, 1, "[bs[s]]b"},
	{33, 0, "[bs[ss]]b"},   // AlterConfigs
	{35, 0, "[s[i]]"},      // DescribeLogDirs
	{37, 0, "[si[[i]]]ib"}, // CreatePartitions
	{42, 0, "[s]"},         // DeleteGroups
	{42, 2, "(S)t"},
	{43, 0, "[s[i]]i"}, // ElectLeaders
	{43, 1, "b[s[i]]i"},
	{43, 2, "b(S(i)t)it"},
	{44, 0, "[bs[sbs]]b"}, // IncrementalAlterConfigs
	{44, 1, "(bS(SbSt)t)bt"},
	{45, 0, "i(S(i(i)t)t)t"}, // AlterPartitionAssignments
	{46, 0, "i(S(i)t)t"},     // ListPartitionReassignments
	{47, 0, "s[s[i]]"},       // OffsetDelete
	{61, 0, "(S(i)t)t"},      // DescribeProducers
	{65, 0, "(S)t"},          // DescribeTransactions
	{66, 0, "(S)(l)t"},       // ListTransactions
	{66, 1, "(S)(l)lt"},
	{66, 2, "(S)(l)lSt"},
}

// responseShapes are the bodies of responses, by key and first version.
var responseShapes = [...]shape{
	{0, 0, "[s[ihl]]"}, // Produce
	{0, 1, "[s[ihl]]i"},
	{0, 2, "[s[ihll]]i"},
	{0, 5, "[s[ihlll]]i"},
	{0, 8, "[s[ihlll[is]s]]i"},
	{1, 0, "[s[ihly]]"}, // Fetch
	{1, 1, "i[s[ihly]]"},
	{1, 4, "i[s[ihll[ll]y]]"},
	{1, 5, "i[s[ihlll[ll]y]]"},
	{1, 7, "ihi[s[ihlll[ll]y]]"},
	{1, 11, "ihi[s[ihlll[ll]iy]]"},
	{1, 12, "ihi(S(ihlll(llt)iY{0:ilt,1:iit,2:lit,})t){0:(iSiSt),}"},
	{2, 0, "[s[ih[l]]]"}, // ListOffsets
	{2, 1, "[s[ihll]]"},
	{2, 2, "i[s[ihll]]"},
	{2, 4, "i[s[ihlli]]"},
	{3, 0, "[isi][hs[hii[i][i]]]"}, // Metadata
	{3, 1, "[isis]i[hsb[hii[i][i]]]"},
	{3, 2, "[isis]si[hsb[hii[i][i]]]"},
	{3, 3, "i[isis]si[hsb[hii[i][i]]]"},
	{3, 5, "i[isis]si[hsb[hii[i][i][i]]]"},
	{3, 7, "i[isis]si[hsb[hiii[i][i][i]]]"},
	{3, 8, "i[isis]si[hsb[hiii[i][i][i]]i]i"},
	{3, 9, "i(iSiSt)Si(hSb(hiii(i)(i)(i)t)it)it"},
	{4, 0, "h[sih]"}, // LeaderAndISR
	{4, 4, "h(Siht)t"},
	{5, 0, "h[sih]"}, // StopReplica
	{5, 2, "h(Siht)t"},
	{6, 0, "h"}, // UpdateMetadata
	{6, 6, "ht"},
	{7, 0, "h[si]"}, // ControlledShutdown
	{7, 3, "h(Sit)t"},
	{8, 0, "[s[ih]]"}, // OffsetCommit
	{8, 3, "i[s[ih]]"},
	{8, 8, "i(S(iht)t)t"},
	{9, 0, "[s[ilsh]]"}, // OffsetFetch
	{9, 2, "[s[ilsh]]h"},
	{9, 3, "i[s[ilsh]]h"},
	{9, 5, "i[s[ilish]]h"},
	{9, 6, "i(S(iliSht)t)ht"},
	{10, 0, "hisi"}, // FindCoordinator
	{10, 1, "ihsisi"},
	{10, 3, "ihSiSit"},
	{11, 0, "hisss[sy]"}, // JoinGroup
	{11, 2, "ihisss[sy]"},
	{11, 5, "ihisss[ssy]"},
	{11, 6, "ihiSSS(SSYt)t"},
	{12, 0, "h"}, // Heartbeat
	{12, 1, "ih"},
	{12, 4, "iht"},
	{13, 0, "h"}, // LeaveGroup
	{13, 1, "ih"},
	{13, 3, "ih[ssh]"},
	{13, 4, "ih(SSht)t"},
	{14, 0, "hy"}, // SyncGroup
	{14, 1, "ihy"},
	{14, 4, "ihYt"},
	{15, 0, "[hssss[sssyy]]"}, // DescribeGroups
	{15, 1, "i[hssss[sssyy]]"},
	{15, 3, "i[hssss[sssyy]i]"},
	{15, 4, "i[hssss[ssssyy]i]"},
	{15, 5, "i(hSSSS(SSSSYYt)it)t"},
	{16, 0, "h[ss]"}, // ListGroups
	{16, 1, "ih[ss]"},
	{16, 3, "ih(SSt)t"},
	{17, 0, "h[s]"},   // SASLHandshake
	{18, 0, "h[hhh]"}, // ApiVersions
	{18, 1, "h[hhh]i"},
	{18, 3, "h(hhht)i{0:(Shht),1:l,2:(Shht),3:b,}"},
	{19, 0, "[sh]"}, // CreateTopics
	{19, 1, "[shs]"},
	{19, 2, "i[shs]"},
	{19, 5, "i(ShSih(SSbbbt){0:h,})t"},
	{20, 0, "[sh]"}, // DeleteTopics
	{20, 1, "i[sh]"},
	{20, 4, "i(Sht)t"},
	{21, 0, "i[s[ilh]]"}, // DeleteRecords
	{22, 0, "ihlh"},      // InitProducerID
	{22, 2, "ihlht"},
	{23, 0, "[s[hil]]"}, // OffsetForLeaderEpoch
	{23, 1, "[s[hiil]]"},
	{23, 2, "i[s[hiil]]"},
	{24, 0, "i[s[ih]]"}, // AddPartitionsToTxn
	{24, 3, "i(S(iht)t)t"},
	{24, 4, "ih(S(S(iht)t)t)t"},
	{25, 0, "ih"},         // AddOffsetsToTxn
	{26, 0, "ih"},         // EndTxn
	{27, 0, "[l[s[ih]]]"}, // WriteTxnMarkers
	{28, 0, "i[s[ih]]"},   // TxnOffsetCommit
	{28, 3, "i(S(iht)t)t"},
	{32, 0, "i[hsbs[ssbbb]]"}, // DescribeConfigs
	{32, 1, "i[hsbs[ssbbb[ssb]]]"},
	{33, 0, "i[hsbs]"},        // AlterConfigs
	{35, 0, "i[hs[s[illb]]]"}, // DescribeLogDirs
	{37, 0, "i[shs]"},         // CreatePartitions
	{42, 0, "i[sh]"},          // DeleteGroups
	{42, 2, "i(Sht)t"},
	{43, 0, "i[s[ihs]]"}, // ElectLeaders
	{43, 1, "ih[s[ihs]]"},
	{43, 2, "ih(S(ihSt)t)t"},
	{44, 0, "i[hsbs]"}, // IncrementalAlterConfigs
	{44, 1, "i(hSbSt)t"},
	{45, 0, "ihS(S(ihSt)t)t"},        // AlterPartitionAssignments
	{46, 0, "ihS(S(i(i)(i)(i)t)t)t"}, // ListPartitionReassignments
	{47, 0, "hi[s[ih]]"},             // OffsetDelete
	{61, 0, "i(S(ihS(liililt)t)t)t"}, // DescribeProducers
	{65, 0, "i(hSSillh(S(i)t)t)t"},   // DescribeTransactions
	{66, 0, "ih(S)(SlSt)t"},          // ListTransactions
}
