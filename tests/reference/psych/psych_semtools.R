source("../lavaan/lib.R"); options(warn=-1)
h<-read.csv("../data/holzinger.csv"); hm<-read.csv("../data/holzinger_missing.csv"); b<-read.csv("../data/bfi900.csv"); pd<-read.csv("../data/democracy.csv"); bf<-read.csv("../data/bfi.csv")
HS<-'visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9'
B5<-'A =~ A1 + A2 + A3 + A4 + A5
C =~ C1 + C2 + C3 + C4 + C5
E =~ E1 + E2 + E3 + E4 + E5'
bk<-b; for(v in c("A1","C4","C5","E1","E2")) bk[[v]]<-7-bk[[v]]
M<-function(m) {m<-as.matrix(m); lapply(setNames(seq_len(nrow(m)),rownames(m)),function(i) as.list(m[i,]))}
O<-list()
x<-h[paste0("x",1:9)]
a<-psych::alpha(x[1:3]); O$alpha_visual<-list(data="holzinger.csv",items=paste0("x",1:3),raw_alpha=a$total$raw_alpha,std_alpha=a$total$std.alpha,average_r=a$total$average_r,item_total_r_drop=as.list(setNames(a$item.stats$r.drop,rownames(a$item.stats))),alpha_drop=as.list(setNames(a$alpha.drop$raw_alpha,rownames(a$alpha.drop))),feldt_ci=if(!is.null(a$feldt)) list(lower=a$feldt$lower.ci[[1]],upper=a$feldt$upper.ci[[1]]) else NULL)
f<-cfa(HS,h); rel<-semTools::reliability(f); O$reliability_hs<-list(data="holzinger.csv",model=HS,values=M(rel)); O$compRelSEM_hs<-as.list(compRelSEM(f)); O$AVE_hs<-as.list(AVE(f)); ht<-htmt(HS,h); O$htmt2_hs<-M(ht); O$htmt_hs<-M(htmt(HS,h,htmt2=FALSE))
fo<-cfa(B5,bk,ordered=TRUE); O$compRelSEM_bfi_ordinal<-list(data="bfi900.csv",note="items A1 C4 C5 E1 E2 reversed as 7-x; ord.scale=TRUE (Green & Yang 2009)",values=as.list(compRelSEM(fo,ord.scale=TRUE)))
k<-KMO(x); O$kmo_hs<-list(msa=k$MSA,items=as.list(k$MSAi)); bt<-cortest.bartlett(cor(x),n=301); O$bartlett_hs<-bt[c("chisq","p.value","df")]
for(fm in c("minres","ml")) for(ro in c("none","varimax","oblimin","promax")){ q<-fa(x,3,rotate=ro,fm=fm); L<-unclass(q$loadings); O[[paste("efa_hs",fm,ro,sep="_")]]<-list(loadings=M(L),phi=if(is.null(q$Phi)) NULL else M(q$Phi),communality=as.list(q$communality),chisq=q$STATISTIC,dof=q$dof,rmsea=as.list(q$RMSEA),tli=q$TLI,rms=q$rms,ss_loadings=as.list(q$Vaccounted[1,]))}
vs<-vss(bf[1:25],plot=FALSE); O$map_bfi25<-list(map=vs$map,n_factors=which.min(vs$map)); set.seed(1); pa<-fa.parallel(bf[1:25],plot=FALSE,fm="minres"); O$parallel_bfi25<-list(n_factors=pa$nfact,n_components=pa$ncomp,note="random; only counts")
pc<-polychoric(b[1:15]); O$polychoric_bfi900<-list(rho=M(pc$rho),thresholds=M(pc$tau)); O$polychoric_lavaan_bfi900<-M(lavCor(b[1:15],ordered=names(b)[1:15]))
om<-omega(x,3,plot=FALSE); O$omega_psych_hs<-list(omega_h=om$omega_h,omega_t=om$omega.tot,alpha=om$alpha,note="fm=minres, oblimin Schmid-Leiman")
lr<-function(a,b,...) {z<-lavTestLRT(a,b,...); list(chisq_diff=z[2,"Chisq diff"],df_diff=z[2,"Df diff"],p=z[2,"Pr(>Chisq)"])}
g<-function(e,est="ML",...) cfa(HS,h,group="school",group.equal=e,estimator=est,...)
O$lrt_hs_ml<-list(configural_metric=lr(g(""),g("loadings")),metric_scalar=lr(g("loadings"),g(c("loadings","intercepts"))))
O$lrt_hs_mlr_sb2001<-list(configural_metric=lr(g("","MLR"),g("loadings","MLR")),metric_scalar=lr(g("loadings","MLR"),g(c("loadings","intercepts"),"MLR")))
its<-names(b)[1:15]; w<-function(e) cfa(B5,b,ordered=its,group="gender",group.equal=e)
O$lrt_bfi_wlsmv<-list(thresholds_vs_thresholds_loadings=lr(w("thresholds"),w(c("thresholds","loadings"))),note="scaled-shifted satorra.2000 default of lavTestLRT for WLSMV: thresholds vs thresholds+loadings")
st<-lavTestScore(g(c("loadings","intercepts"))); O$score_test_hs_scalar<-list(total=as.list(st$test[1,c("X2","df","p.value")]),uni=as.data.frame(unclass(st$uni)))
ss<-standardizedSolution(f); O$standardized_hs<-as.data.frame(unclass(ss)); fp<-sem('ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60',pd); O$standardized_pd<-as.data.frame(unclass(standardizedSolution(fp)))
O$scores_hs<-list(regression=M(head(lavPredict(f),10)),bartlett=M(head(lavPredict(f,method="Bartlett"),10)))
rs<-residuals(f,type="standardized")$cov; O$residual_z_hs<-M(rs); O$residual_cor_hs<-M(residuals(f,type="cor")$cov)
SM<-'ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60'
s1<-tryCatch(sam(SM,pd,sam.method="local"),error=function(e) {cat("SAM",conditionMessage(e),"\n");NULL}); if(!is.null(s1)) O$sam_local_pd<-list(data="democracy.csv",model=SM,parameters=as.data.frame(unclass(parameterEstimates(s1)))[c("lhs","op","rhs","est","se")])
s2<-tryCatch(sam(SM,pd,sam.method="global"),error=function(e) NULL); if(!is.null(s2)) O$sam_global_pd<-list(parameters=as.data.frame(unclass(parameterEstimates(s2)))[c("lhs","op","rhs","est","se")])
set.seed(2); bs<-bootstrapLavaan(fp,R=500,type="bollen.stine",FUN=function(f) fitMeasures(f,"chisq")); O$bollen_stine_pd<-list(p=mean(bs>fitMeasures(fp,"chisq")),draws=500,note="random; compare within Monte Carlo error")
PDL<-'ind60 =~ x1 + x2 + x3
dem60 =~ y1 + a*y2 + b*y3 + c*y4
dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ p*ind60
dem65 ~ d*ind60 + q*dem60
indirect := p*q'
set.seed(3); fb<-sem(PDL,pd,se="bootstrap",bootstrap=2000); pe<-parameterEstimates(fb,boot.ci.type="perc"); O$bootstrap_pd<-list(model=PDL,draws=2000,type="percentile",rows=as.data.frame(unclass(pe))[c("lhs","op","rhs","label","est","se","ci.lower","ci.upper")],bca=as.data.frame(unclass(parameterEstimates(fb,boot.ci.type="bca.simple")))[c("ci.lower","ci.upper")],note="random; compare within Monte Carlo error")
mc<-semTools::monteCarloCI(sem(PDL,pd),nRep=20000); O$montecarlo_ci_pd<-as.list(mc[1,])
cs<-tryCatch(semTools::chisqSmallN(fp,smallN.method=c("swain","yuan.2015")),error=function(e) NULL); O$chisq_small_n_pd<-if(is.null(cs)) NULL else lapply(unclass(cs),function(z) as.list(unlist(z)))
it<-x[7:9]; O$multilevel<-NULL
out(O,"open2.json"); cat(names(O),sep="\n")
