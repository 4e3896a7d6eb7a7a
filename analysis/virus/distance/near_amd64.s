#include "textflag.h"

// func nearAVX2(near []uint64, words, limits *uint64, base, row uint16)
//
// A lane is near if high + lane - base is no more than the larger limit:
// unsigned, and less it with saturation 0.
TEXT ·nearAVX2(SB), NOSPLIT, $0-44
	MOVQ near_base+0(FP), DI
	MOVQ near_len+8(FP), CX
	MOVQ words+24(FP), SI
	MOVQ limits+32(FP), DX
	MOVWLZX base+40(FP), AX
	XORL $0x8000, AX // less base - high
	VMOVD AX, X0
	VPBROADCASTW X0, Y0
	VPBROADCASTW row+42(FP), Y1
	VPXOR Y2, Y2, Y2
	TESTQ CX, CX
	JZ done

loop:
	VMOVDQU (SI), Y3
	VMOVDQU 32(SI), Y4
	VMOVDQU 64(SI), Y5
	VMOVDQU 96(SI), Y6
	VPSUBW Y0, Y3, Y3
	VPSUBW Y0, Y4, Y4
	VPSUBW Y0, Y5, Y5
	VPSUBW Y0, Y6, Y6
	VPMAXUW (DX), Y1, Y7
	VPMAXUW 32(DX), Y1, Y8
	VPMAXUW 64(DX), Y1, Y9
	VPMAXUW 96(DX), Y1, Y10
	VPSUBUSW Y7, Y3, Y3
	VPSUBUSW Y8, Y4, Y4
	VPSUBUSW Y9, Y5, Y5
	VPSUBUSW Y10, Y6, Y6
	VPCMPEQW Y2, Y3, Y3
	VPCMPEQW Y2, Y4, Y4
	VPCMPEQW Y2, Y5, Y5
	VPCMPEQW Y2, Y6, Y6
	VPACKSSWB Y4, Y3, Y3 // a byte a lane, quarters in the order 0 2 1 3
	VPACKSSWB Y6, Y5, Y5
	VPERMQ $0xd8, Y3, Y3
	VPERMQ $0xd8, Y5, Y5
	VPMOVMSKB Y3, AX
	VPMOVMSKB Y5, BX
	SHLQ $32, BX
	ORQ BX, AX
	MOVQ AX, (DI)
	ADDQ $128, SI
	ADDQ $128, DX
	ADDQ $8, DI
	DECQ CX
	JNZ loop

done:
	VZEROUPPER
	RET
