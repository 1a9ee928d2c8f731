source("lib.R"); set.seed(1)
write.csv(HolzingerSwineford1939,"../data/holzinger.csv",row.names=FALSE)
write.csv(PoliticalDemocracy,"../data/democracy.csv",row.names=FALSE)
e<-new.env(); data(bfi,package="psychTools",envir=e); b<-e$bfi; b$gender<-c("male","female")[b$gender]; write.csv(b,"../data/bfi.csv",row.names=FALSE)
h<-HolzingerSwineford1939; k<-0; for(v in c("x1","x4","x5","x8","x9")){ k<-k+1; h[[v]][(seq_len(nrow(h))*7+k*13)%%11==0] <- NA}; write.csv(h,"../data/holzinger_missing.csv",row.names=FALSE)
bs<-na.omit(b[,c(paste0("A",1:5),paste0("C",1:5),paste0("E",1:5),"gender")])[1:900,]; write.csv(bs,"../data/bfi900.csv",row.names=FALSE)
HS<-'visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9'
PD<-'ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8'
PDL<-'ind60 =~ x1 + x2 + x3
dem60 =~ y1 + a*y2 + b*y3 + c*y4
dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ p*ind60
dem65 ~ d*ind60 + q*dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
indirect := p*q
total := d + p*q'
B5<-'A =~ A1 + A2 + A3 + A4 + A5
C =~ C1 + C2 + C3 + C4 + C5
E =~ E1 + E2 + E3 + E4 + E5'
HO<-paste(HS,'g =~ visual + textual + speed',sep="\n")
MIMIC<-paste(HS,'visual ~ sex + ageyr
textual ~ sex + ageyr
speed ~ sex + ageyr',sep="\n")
C<-list(
 runcase("hs_ml","holzinger.csv",HS,"cfa",mi=TRUE),
 runcase("hs_ml_meanstructure","holzinger.csv",HS,"cfa",meanstructure=TRUE),
 runcase("hs_mlm","holzinger.csv",HS,"cfa",estimator="MLM"),
 runcase("hs_mlr","holzinger.csv",HS,"cfa",estimator="MLR"),
 runcase("hs_stdlv","holzinger.csv",HS,"cfa",std.lv=TRUE),
 runcase("hs_higher_order","holzinger.csv",HO,"cfa"),
 runcase("hs_fiml","holzinger_missing.csv",HS,"cfa",missing="fiml"),
 runcase("hs_fiml_mlr","holzinger_missing.csv",HS,"cfa",missing="fiml",estimator="MLR"),
 runcase("hs_mimic","holzinger.csv",MIMIC,"sem"),
 runcase("hs_mimic_mlr","holzinger.csv",MIMIC,"sem",estimator="MLR"),
 runcase("hs_uls","holzinger.csv",HS,"cfa",estimator="ULS"),
 runcase("hs_gls","holzinger.csv",HS,"cfa",estimator="GLS"),
 runcase("pd_ml","democracy.csv",PD,mi=TRUE),
 runcase("pd_ml_labels","democracy.csv",PDL),
 runcase("pd_mlr","democracy.csv",PDL,estimator="MLR"),
 runcase("hs_configural","holzinger.csv",HS,"cfa",group="school",mi=TRUE),
 runcase("hs_metric","holzinger.csv",HS,"cfa",group="school",group.equal="loadings"),
 runcase("hs_scalar","holzinger.csv",HS,"cfa",group="school",group.equal=c("loadings","intercepts")),
 runcase("hs_strict","holzinger.csv",HS,"cfa",group="school",group.equal=c("loadings","intercepts","residuals")),
 runcase("hs_partial_scalar","holzinger.csv",HS,"cfa",group="school",group.equal=c("loadings","intercepts"),group.partial=c("x3 ~ 1","x7 ~ 1")),
 runcase("hs_scalar_mlr","holzinger.csv",HS,"cfa",group="school",group.equal=c("loadings","intercepts"),estimator="MLR"),
 runcase("hs_scalar_fiml_mlr","holzinger_missing.csv",HS,"cfa",group="school",group.equal=c("loadings","intercepts"),estimator="MLR",missing="fiml"),
 runcase("bfi_wlsmv","bfi900.csv",B5,"cfa",ordered=TRUE),
 runcase("bfi_wlsmv_delta_stdlv","bfi900.csv",B5,"cfa",ordered=TRUE,std.lv=TRUE),
 runcase("bfi_wlsmv_configural","bfi900.csv",B5,"cfa",ordered=c(paste0("A",1:5),paste0("C",1:5),paste0("E",1:5)),group="gender"),
 runcase("bfi_wlsmv_thresholds_loadings","bfi900.csv",B5,"cfa",ordered=c(paste0("A",1:5),paste0("C",1:5),paste0("E",1:5)),group="gender",group.equal=c("thresholds","loadings")),
 runcase("bfi_cluster_mlr","bfi.csv",'A =~ A1 + A2 + A3 + A4 + A5',"cfa",estimator="MLR",cluster="age")
)
names(C)<-sapply(C,`[[`,"id"); out(C,"open.json"); cat(length(C),"cases\n"); for(x in C) cat(sprintf("%-32s chisq %s df %s\n",x$id,x$measures$chisq,x$measures$df))
